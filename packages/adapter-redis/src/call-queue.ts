import type { CallCodec } from "@sage-kernel/codec";
import type { JsonValue } from "@sage-kernel/core";
import {
  type Batch,
  type Delivery,
  type MaybePromise,
  type QueueDescriptor,
  WaitingTake,
} from "@sage-kernel/core/spi";
import { batchIn, readElement, unreadable } from "./call-element.ts";
import { EntryBuffer } from "./entry-buffer.ts";
import { KeptEntries } from "./kept-entries.ts";
import type { ListReader, ListWatcher } from "./list-reader.ts";
import type { OpenedQueue, QueueScope } from "./opened-queue.ts";
import type { QueueKeys } from "./queue-keys.ts";
import { type QueuePosition, RedisDelivery } from "./queue-position.ts";
import { QueueProducer } from "./queue-producer.ts";
import { RecentTokens } from "./recent-tokens.ts";
import { doneScript, endScript, goneScript, openScript, pushScript } from "./scripts.ts";

/** What a queue of messages works with. */
export interface CallQueueScope extends QueueScope {
  readonly lists: ListReader;
  readonly codec: CallCodec;
  /** For one that belongs to no job: how long it stays when its process is gone, in ms. */
  readonly lifeMs: number | undefined;
}

/** Records that are read before anybody takes them; more only as an element has more. */
const readAhead = 1024;
/** Elements whose tokens are remembered, for a server that has lost that they were read. */
const remembered = 1024;

/**
 * A queue of messages: a list in Redis, which is removed from as it is read. What a reader has taken and not committed is lost
 * with its process, and what was on its way with its connection: whoever has asked hears of that by their deadline. In return
 * reading costs nothing but the reading.
 */
export class CallQueue implements OpenedQueue, ListWatcher {
  readonly descriptor: QueueDescriptor;
  readonly key: string;
  readonly keys: QueueKeys;
  closed = false;
  closing = false;
  readonly #scope: CallQueueScope;
  readonly #producer: QueueProducer;
  readonly #buffer: EntryBuffer;
  readonly #kept = new KeptEntries();
  readonly #take = new WaitingTake<Delivery>();
  readonly #tokens = new RecentTokens(remembered);
  readonly #doubts = new Set<() => void>();
  #last: QueuePosition | null = null;
  #begun: Promise<void> | undefined;
  #reading = false;
  /** Whether something may have left the list on a connection that was lost, and nobody has looked yet. */
  #unsure = false;
  #ended = false;
  /** Whether somebody else reads on. */
  #leaving = false;
  /** Records that have left the list, as far as is known: read, or lost on their way. */
  #total = 0;
  /** Records that were appended and that are done, in all, as far as is known here; and what the server was told of these. */
  #appended = 0;
  #done = 0;
  #told = 0;
  #telling: Promise<void> | undefined;

  constructor(scope: CallQueueScope) {
    const { descriptor, keys, redis, reader, codec, producer: name } = scope;
    this.descriptor = descriptor;
    this.key = keys.entries;
    this.keys = keys;
    this.#scope = scope;
    this.#buffer = new EntryBuffer(keys.entries);
    const { id: queue, capacity } = descriptor;
    const noted = (appended: number, done: number): void => {
      this.#appended = appended;
      if (!this.#reading) this.#done = done;
    };
    const rest = { queue, capacity, keys, redis, reader, codec, name, noted };
    this.#producer = new QueueProducer({ ...rest, append: pushScript });
  }

  get wants(): boolean {
    return this.#reading && !this.#leaving && !this.#ended && this.#buffer.records < readAhead;
  }

  async open(again = false): Promise<void> {
    await this.#open(again);
    if (this.#reading) await this.#resume({ anew: true });
  }

  /** One that belongs to a process, such as that of its replies, goes by itself unless this is asked for again and again. */
  keepAlive(): Promise<void> {
    return this.#open(true);
  }

  /** Calls back when messages of this queue may have been lost. Answers how to stop listening. */
  onDoubt(listener: () => void): () => void {
    this.#doubts.add(listener);
    return () => this.#doubts.delete(listener);
  }

  fill(): number {
    return Math.max(0, this.#appended - this.#done);
  }

  offer(): boolean {
    return false; // whether there is room, the server knows
  }

  put(batch: Batch, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    return this.#producer.put(batch, signal);
  }

  putNow(batch: Batch): Promise<number> {
    return this.#producer.putNow(batch);
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    this.#take.check(this.descriptor.id, signal);
    if (!this.#buffer.empty || this.#ended) {
      const wanted = this.wants;
      const delivery = this.#deliver(max);
      if (!wanted && this.wants) this.#scope.lists.look(this);
      return delivery;
    }
    const taken = this.#take.wait(max, signal);
    this.#want();
    return taken;
  }

  async advance(position: JsonValue): Promise<void> {
    if (position === null) return; // nothing was taken
    const done = position as unknown as QueuePosition;
    this.#kept.commit(done);
    this.#done = this.#kept.empty ? this.#total : Math.max(this.#done, done[2]);
    const untold = this.#done - this.#told;
    const { capacity } = this.descriptor;
    const near = this.fill() + untold >= capacity / 2;
    if (near || untold >= capacity / 4) await this.#tell();
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    return (delivery as RedisDelivery).after(elements);
  }

  async rewind(): Promise<void> {
    this.#kept.refill(this.#buffer);
    this.#settle();
    if (this.#take.waits) this.#want();
  }

  async stopReading(): Promise<void> {
    if (!this.#reading || this.#ended) return;
    this.#leaving = true;
    await this.#scope.lists.done(this);
    this.#ended = true;
    this.#settle();
  }

  async size(): Promise<number> {
    const { redis, keys } = this.#scope;
    if (this.#reading) await this.#tell();
    const [appended, done] = await redis.fields(keys.meta, ["in", "out"]);
    return Number(appended ?? 0) - Number(done ?? 0);
  }

  async close(): Promise<void> {
    const { redis, keys, owner, reader } = this.#scope;
    this.closing = true;
    const all = [keys.entries, keys.meta, keys.room, owner.key];
    this.closed = (await redis.run(endScript, all, [owner.store()])) === 1;
    reader.hint(keys.room); // what waits there is refused
  }

  leave(): void {
    this.#scope.lists.remove(this);
    this.#scope.onLeft(this);
  }

  onElements(elements: readonly Buffer[]): void {
    for (const element of elements) this.#add(element);
    this.#settle();
  }

  onLost(): void {
    this.#unsure = true;
    this.#resume().catch((error: unknown) => this.onError(error));
  }

  onError(error: unknown): void {
    this.#take.reject(error);
  }

  async #open(again: boolean): Promise<void> {
    const { redis, keys, lifeMs } = this.#scope;
    await redis.run(openScript, [keys.entries, keys.meta, keys.room], [lifeMs ?? "", again ? 1 : 0]);
  }

  /** Begins to read, or goes on. */
  #want(): void {
    this.#begun ??= this.#begin();
    const sure = this.#unsure ? this.#begun.then(() => this.#resume()) : this.#begun;
    sure.then(
      () => this.#scope.lists.look(this),
      (error: unknown) => {
        if (!this.#reading) this.#begun = undefined;
        this.#take.reject(error);
      },
    );
  }

  async #begin(): Promise<void> {
    await this.#resume();
    this.#reading = true;
    this.#scope.lists.add(this);
  }

  /**
   * Finds out what has left the list without coming here: with a reader before this one, or with a connection. `anew` where
   * the server may have lost the end of what it had.
   */
  async #resume({ anew = false } = {}): Promise<void> {
    const { redis, keys } = this.#scope;
    const [gone, ended] = (await redis.run(goneScript, [keys.entries, keys.meta], [])) as [number, number];
    this.#unsure = false;
    if (ended === 1 && this.#reading) {
      this.#ended = true;
      this.#settle();
    }
    if (gone <= this.#total && !anew) return;
    this.#total = gone;
    if (this.#kept.empty) this.#done = gone;
    if (anew) this.#told = -1;
    await this.#tell();
    if (this.#reading) for (const listener of this.#doubts) listener();
  }

  #add(element: Buffer): void {
    const read = readElement(element);
    if (read === undefined) {
      this.#keep("", unreadable(1), this.#total - 1); // somebody else's, who has not counted it
      return;
    }
    const { records, total, token, bytes } = read;
    if (bytes.length === 0) {
      this.#ended = true;
      return;
    }
    const before = total - records;
    const missed = before > this.#total; // somebody else's pop has them: one over a connection that is lost
    this.#total = total;
    this.#appended = Math.max(this.#appended, total);
    if (missed) for (const listener of this.#doubts) listener();
    if (!this.#tokens.add(token)) {
      if (!this.#kept.empty) return; // read before the server lost that it was
      this.#done = total;
      this.#tell().catch(() => undefined); // the next one tells it, too
      return;
    }
    this.#keep(token, batchIn(this.#scope.codec, bytes, this.descriptor.id, records), before);
  }

  #keep(token: string, batch: Batch, before: number): void {
    this.#buffer.push(this.#kept.add(token, batch, before), token, batch, before);
  }

  /** Tells the server what is done; what is done meanwhile with the next one. */
  #tell(): Promise<void> {
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined;
    });
    return this.#telling;
  }

  async #tellAll(): Promise<void> {
    const { redis, keys, reader } = this.#scope;
    while (this.#told !== this.#done) {
      const done = this.#done;
      await redis.run(doneScript, [keys.meta, keys.room], [done]);
      this.#told = done;
      reader.hint(keys.room);
    }
  }

  /** Hands out what there is to a take that waits. */
  #settle(): void {
    if (this.#take.waits && (!this.#buffer.empty || this.#ended))
      this.#take.resolve((max) => this.#deliver(max));
  }

  #deliver(max: number): Delivery {
    const parts = this.#buffer.shift(max);
    const delivery = new RedisDelivery(parts, this.#last, this.#ended && parts.length === 0);
    this.#last = delivery.position as unknown as QueuePosition | null;
    return delivery;
  }
}
