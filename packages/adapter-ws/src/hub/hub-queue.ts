import { type JsonValue, SageError } from "@sage-kernel/core";
import {
  type Batch,
  type Delivery,
  isPromiseLike,
  type MaybePromise,
  MemoryQueue,
  type Queue,
  type QueueDescriptor,
  type RoomRequest,
  type Scheduler,
} from "@sage-kernel/core/spi";
import { ByteRoom } from "./byte-room.ts";
import type { RecordCheck } from "./largest-record.ts";
import { OwnReader } from "./own-reader.ts";

/** Somebody who has room in a queue for what is on its way. */
export interface CreditHolder {
  /** Whether it was asked for what it does not use, and has not given it back. */
  readonly recalled: boolean;
  /** Takes more before it asks, where nobody else waits. */
  topUp(): void;
  /** Others need what it does not use, in records, in bytes, or both. */
  recall(records: boolean, bytes: boolean): void;
  /** The queue is closed. */
  close(): void;
  /** It is gone. */
  leave(): void;
}

/** Credit that its holder has used, or given back, and others have had meanwhile. */
export interface Lent {
  readonly records: number;
  readonly bytes: number;
}

const nothing: Lent = { records: 0, bytes: 0 };

/** Who reads a queue at present; another one may take over. */
export interface HubReader {
  /** Another one reads from now on. */
  displaced(): void;
}

/** What a queue works with. */
export interface HubQueueScope {
  readonly descriptor: QueueDescriptor;
  readonly scheduler: Scheduler;
  /** Called when it is closed and nothing is in it or on its way. */
  readonly onIdle: () => void;
  /** Called when nobody has it any more, and nothing was ever in it, or what is in it are messages of calls. */
  readonly onUnused: () => void;
  /** Whether this process may close it: the queues of a job are its manager's to close. */
  readonly mayClose: () => boolean;
  /** Checks that messages of services can be sent to a reader in another process. */
  readonly checkCalls: RecordCheck;
}

/**
 * The inbox of a task in the process that hosts it: a queue in memory for those who are in this process, and links for all others.
 * What came over links is bounded in bytes, too.
 */
export class HubQueue implements Queue {
  readonly descriptor: QueueDescriptor;
  readonly inner: MemoryQueue;
  readonly #room: ByteRoom;
  readonly #producers = new Set<CreditHolder>();
  readonly #onIdle: () => void;
  readonly #onUnused: () => void;
  readonly #mayClose: () => boolean;
  readonly #checkCalls: RecordCheck;
  /** Those that wait for credit of others, and of whom. */
  #reclaiming: { readonly owed: Set<CreditHolder>; readonly resolve: () => void }[] = [];
  #latest: CreditHolder | undefined;
  #reader: HubReader | undefined;
  /** Whether somebody in this process has it. */
  #kept = false;
  readonly #own: OwnReader;

  constructor({ descriptor, scheduler, onIdle, onUnused, mayClose, checkCalls }: HubQueueScope) {
    this.#mayClose = mayClose;
    this.#checkCalls = checkCalls;
    this.descriptor = descriptor;
    this.inner = new MemoryQueue(descriptor, scheduler);
    this.#own = new OwnReader(this.inner);
    this.#room = new ByteRoom(descriptor.options.maxBytes);
    this.#onIdle = onIdle;
    this.#onUnused = onUnused;
  }

  /** Whether it takes no more. */
  get closed(): boolean {
    return this.inner.closed;
  }

  /** Whether somebody waits for room. */
  get crowded(): boolean {
    return this.inner.crowded || this.#room.crowded;
  }

  /** Bytes that may be put over links without being taken out. */
  get maxBytes(): number {
    return this.#room.maxBytes;
  }

  /** Bytes that there is room for. */
  get bytesRoom(): number {
    return this.#room.left;
  }

  offer(batch: Batch): boolean {
    if (!this.#isCalledElsewhere) return this.inner.offer(batch);
    try {
      this.#checkCalls(batch);
    } catch {
      return false; // a put says why
    }
    return this.inner.offer(batch);
  }

  put(batch: Batch, signal?: AbortSignal): MaybePromise<void> {
    if (this.#isCalledElsewhere) this.#checkCalls(batch);
    const put = this.inner.put(batch, signal);
    if (isPromiseLike(put)) this.recallFor(undefined);
    return put;
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    this.readBy(undefined);
    return this.#isOfCalls ? this.#own.take(max, signal) : this.inner.take(max, signal);
  }

  advance(position: JsonValue): void {
    this.inner.advance(position as number);
    this.#room.free(position as number);
    this.#latest?.topUp();
    this.#settle();
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    return this.inner.positionAfter(delivery, elements);
  }

  rewind(): void {
    this.readBy(undefined);
    this.#own.reset();
    this.inner.rewind();
  }

  stopReading(): void {
    if (this.#isOfCalls && this.#reader === undefined) this.#own.stop();
  }

  onDoubt(listener: () => void): () => void {
    return this.#own.onDoubt(listener);
  }

  size(): number {
    return this.inner.size();
  }

  fill(): number {
    return this.inner.size();
  }

  close(): void {
    if (this.#mayClose()) this.end();
  }

  /** Takes no more, whoever says so. */
  end(): void {
    if (this.closed) return;
    this.inner.close();
    this.#room.close();
    for (const producer of this.#producers) producer.close();
    this.#settle();
  }

  /** Somebody reads from now on, and whoever did before does not; `undefined` is this process. */
  readBy(reader: HubReader | undefined): void {
    const former = this.#reader;
    if (former === reader) return;
    this.#reader = reader;
    if (reader !== undefined) this.#own.reset();
    former?.displaced();
    this.inner.giveUpTake(new SageError("FENCED", { node: this.descriptor.id, epoch: 0 }));
  }

  /** A reader is gone. */
  readerLeft(reader: HubReader): void {
    if (this.#reader === reader) this.readBy(undefined);
  }

  /** Adds somebody who puts over a link. */
  addProducer(producer: CreditHolder): void {
    this.#producers.add(producer);
  }

  /** Somebody who put over a link is gone. */
  removeProducer(producer: CreditHolder): void {
    this.#producers.delete(producer);
    if (this.#latest === producer) this.#latest = undefined;
    producer.leave();
    this.#reclaimed();
    if (this.#producers.size > 0 || this.#reader !== undefined || this.#kept || this.crowded) return;
    if (this.#isOfCalls || this.inner.appended === 0) this.#onUnused(); // nobody waits for answers that nobody reads
  }

  /** Somebody in this process has it, and goes on to. */
  keep(): void {
    this.#kept = true;
  }

  /** Gets in line for room in bytes; what one asks for is given at once and whole. */
  reserveBytes(bytes: number, give: () => void): RoomRequest {
    return this.#room.reserve(bytes, give);
  }

  /** Takes in a batch that came under credit. */
  arrive(batch: Batch, bytes: number, lent: Lent, from: CreditHolder): void {
    this.inner.arrive(batch, lent.records);
    this.#latest = from;
    this.#room.arrive(this.inner.appended, bytes, lent.bytes);
  }

  /** Credit that is not needed. */
  giveBack(records: number, bytes: number, lent: Lent = nothing): void {
    this.inner.giveBack(records, lent.records);
    this.#room.giveBack(bytes - lent.bytes);
    this.#reclaimed();
    this.#settle();
  }

  /** Asks those for their unused credit who do not wait for more, where somebody does. */
  recallFor(waiting: CreditHolder | undefined): void {
    for (const producer of this.#producers) if (producer !== waiting) this.recallFrom(producer);
  }

  /** Credit whose holder cannot be asked for it is for others. */
  lend(records: number, bytes: number): void {
    this.inner.lend(records);
    this.#room.giveBack(bytes);
    this.#reclaimed();
  }

  /** Asks one for what it does not use, where somebody waits for that. */
  recallFrom(producer: CreditHolder): void {
    const bytes = this.#room.crowded;
    if (this.inner.crowded || bytes) producer.recall(this.inner.crowded, bytes);
  }

  /** Gets all credit back that others do not use now, whatever they are given and asked for meanwhile. */
  async reclaim(from: CreditHolder): Promise<void> {
    for (const producer of this.#producers) if (producer !== from) producer.recall(true, true);
    const owed = new Set([...this.#producers].filter(({ recalled }) => recalled));
    await new Promise<void>((resolve) => {
      this.#reclaiming.push({ owed, resolve });
      this.#reclaimed();
    });
  }

  get #isOfCalls(): boolean {
    return this.descriptor.options.mode === "call";
  }

  /** Whether its messages are sent: one that cannot be is its sender's trouble, not that of the service. */
  get #isCalledElsewhere(): boolean {
    return this.#reader !== undefined && this.#isOfCalls;
  }

  #reclaimed(): void {
    const waiting = this.#reclaiming;
    this.#reclaiming = [];
    for (const each of waiting) {
      for (const producer of each.owed) if (!producer.recalled) each.owed.delete(producer);
      if (each.owed.size > 0) this.#reclaiming.push(each);
      else each.resolve();
    }
  }

  #settle(): void {
    if (this.inner.ended && this.inner.size() === 0) this.#onIdle();
  }
}
