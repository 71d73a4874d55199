import type { BatchCodec } from "@sage-kernel/codec";
import { type JsonValue, SageError } from "@sage-kernel/core";
import {
  type Batch,
  type Delivery,
  type MaybePromise,
  type QueueDescriptor,
  WaitingTake,
} from "@sage-kernel/core/spi";
import { EntryBuffer } from "./entry-buffer.ts";
import type { OpenedQueue, QueueScope } from "./opened-queue.ts";
import type { QueueKeys } from "./queue-keys.ts";
import { type QueuePosition, RedisDelivery } from "./queue-position.ts";
import { QueueProducer } from "./queue-producer.ts";
import type { StreamEntry } from "./redis-port.ts";
import { advanceScript, appendScript, closeScript, openScript } from "./scripts.ts";
import type { StreamWatcher } from "./stream-reader.ts";

/** What a queue works with. */
export interface RedisQueueScope extends QueueScope {
  readonly codec: BatchCodec;
  /** How often the server may have lost something. */
  readonly life: () => number;
}

const beginning = "0-0";
/** Records that are read before anybody takes them; more only as an entry has more. */
const readAhead = 1024;

/**
 * A queue whose entries are a stream in Redis: one consumer reads them with a cursor, and commits a position. Reading
 * changes nothing, so that a lost answer does no harm.
 */
export class RedisQueue implements OpenedQueue, StreamWatcher {
  readonly descriptor: QueueDescriptor;
  readonly key: string;
  readonly keys: QueueKeys;
  /** Whether it was closed by this process, which then removes it. */
  closed = false;
  /** Whether that has begun. */
  closing = false;
  readonly #scope: RedisQueueScope;
  readonly #producer: QueueProducer;
  readonly #buffer: EntryBuffer;
  readonly #take = new WaitingTake<Delivery>();
  /** The last entry that was read into the buffer; `undefined` while it is not known where to begin. */
  #cursor: string | undefined;
  /** Records of the queue up to the cursor, in all. */
  #total = 0;
  /** Elements of the first entry behind the cursor that are done. */
  #skip = 0;
  #last: QueuePosition | null = null;
  /** Rises with each rewind. */
  #generation = 0;
  #ended = false;
  /** Why it cannot be read on, until it is rewound. */
  #failure: { readonly error: unknown } | undefined;
  /** Where the position is to be moved, while another move is under way. */
  #advanceTo: QueuePosition | undefined;
  #advancing: Promise<void> | undefined;
  readonly #onLoss = new Set<(error: SageError) => void>();
  /** Records that were appended and committed, in all, as far as is known here. */
  #appended = 0;
  #done = 0;
  /** How often the server had lost something when entries last did not follow on one another. */
  #gapIn: number | undefined;

  constructor(scope: RedisQueueScope) {
    const { descriptor, keys, producer, ...rest } = scope;
    this.descriptor = descriptor;
    this.key = keys.entries;
    this.keys = keys;
    this.#buffer = new EntryBuffer(keys.entries);
    this.#scope = scope;
    const { id: queue, capacity } = descriptor;
    const noted = this.noted.bind(this);
    this.#producer = new QueueProducer({
      ...rest,
      keys,
      queue,
      capacity,
      name: producer,
      append: appendScript,
      noted,
    });
  }

  get after(): string {
    return this.#cursor ?? beginning;
  }

  get wants(): boolean {
    const goesOn = this.#cursor !== undefined && !this.#ended && this.#failure === undefined;
    return goesOn && this.#buffer.records < readAhead;
  }

  /** Opens it at the server: one that was closed is made anew. */
  async open(again = false): Promise<void> {
    const { redis, keys } = this.#scope;
    await redis.run(openScript, [keys.entries, keys.meta, keys.room], ["", again ? 1 : 0]);
  }

  onLoss(listener: (error: SageError) => void): () => void {
    this.#onLoss.add(listener);
    return () => this.#onLoss.delete(listener);
  }

  lost(): void {
    const error = new SageError("STORE_ROLLED_BACK", { store: "Redis" });
    for (const listener of this.#onLoss) listener(error);
  }

  fill(): number {
    return Math.max(0, this.#appended - this.#done);
  }

  /** Notes what the server has said of it: records that were appended and committed, in all. */
  noted(appended: number, done: number): void {
    this.#appended = Math.max(this.#appended, appended);
    this.#done = Math.max(this.#done, done);
  }

  offer(): boolean {
    return false; // whether there is room, the server knows
  }

  async put(batch: Batch, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await this.#producer.put(batch, signal);
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    this.#take.check(this.descriptor.id, signal);
    if (!this.#buffer.empty || this.#ended) {
      const wanted = this.wants;
      const delivery = this.#deliver(max);
      if (!wanted && this.wants) this.#scope.reader.look(this);
      return delivery;
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    const taken = this.#take.wait(max, signal);
    this.#want();
    return taken;
  }

  async advance(position: JsonValue): Promise<void> {
    if (position === null) return; // nothing was taken
    this.#advanceTo = position as unknown as QueuePosition;
    this.#advancing ??= this.#advance().finally(() => {
      this.#advancing = undefined;
    });
    await this.#advancing;
  }

  /** Moves the position to where it is to be by then: one that is moved further meanwhile comes with the next one. */
  async #advance(): Promise<void> {
    const { redis, keys, reader } = this.#scope;
    while (this.#advanceTo !== undefined) {
      const [id, elements, records, whole] = this.#advanceTo;
      this.#advanceTo = undefined;
      const names = [keys.entries, keys.meta, keys.room];
      const moved = await redis.run(advanceScript, names, [id, elements, records, whole]);
      this.noted(0, records);
      if (moved === 1) reader.hint(keys.room);
    }
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    return (delivery as RedisDelivery).after(elements);
  }

  async rewind(): Promise<void> {
    this.#generation++;
    this.#buffer.clear();
    this.#cursor = undefined;
    this.#failure = undefined;
    this.#ended = false;
    await this.#begin();
  }

  async size(): Promise<number> {
    const [appended, done] = await this.#scope.redis.fields(this.#scope.keys.meta, ["in", "out"]);
    return Number(appended ?? 0) - Number(done ?? 0);
  }

  async close(): Promise<void> {
    const { redis, keys, owner } = this.#scope;
    this.closing = true;
    const all = [keys.entries, keys.meta, keys.room, owner.key];
    this.closed = (await redis.run(closeScript, all, [owner.store()])) === 1;
    this.#scope.reader.hint(keys.room); // what waits there is refused
  }

  leave(): void {
    this.#scope.reader.remove(this);
    this.#scope.onLeft(this);
  }

  onEntries(after: string, entries: readonly StreamEntry[]): void {
    if (after !== this.#cursor) return; // read before a rewind
    try {
      for (const entry of entries) this.#add(entry);
    } catch (error) {
      this.#failure = { error }; // what was read before it is handed out first
    }
    if (!this.#take.waits) return;
    if (!this.#buffer.empty || this.#ended) this.#take.resolve((max) => this.#deliver(max));
    else if (this.#failure !== undefined) this.#take.reject(this.#failure.error);
  }

  onError(error: unknown): void {
    this.#take.reject(error);
  }

  /** Begins to read, or goes on. */
  #want(): void {
    if (this.#cursor === undefined) this.#begin().catch((error: unknown) => this.#take.reject(error));
    else this.#scope.reader.look(this);
  }

  /** Finds out where the committed position is. */
  async #begin(): Promise<void> {
    const generation = this.#generation;
    const { redis, keys, reader } = this.#scope;
    const names = ["off", "k", "out", "d", "in"];
    const [id, elements, records, whole, appended] = await redis.fields(keys.meta, names);
    if (generation !== this.#generation || this.#cursor !== undefined) return;
    this.#skip = id !== null && whole === "0" ? Number(elements) : 0;
    this.#total = Number(records ?? 0) - this.#skip; // a stop signal is the last of its entry: what is skipped are records
    this.#cursor = id === null || id === undefined ? beginning : whole === "1" ? id : before(id);
    this.#last =
      id === null || id === undefined
        ? null
        : [id, Number(elements), Number(records), whole === "1" ? 1 : 0, this.key, ""];
    this.#appended = Number(appended ?? 0);
    this.#done = Number(records ?? 0);
    reader.add(this);
    if (this.#take.waits) reader.look(this);
  }

  #add({ id, fields }: StreamEntry): void {
    this.#cursor = id;
    if (fields.has("c")) {
      this.#ended = true;
      return;
    }
    const { id: queue } = this.descriptor;
    const written = this.#scope.codec.decode(fields.get("b") ?? Buffer.alloc(0), queue);
    const batch = fields.has("q") ? written.renumbered(Number(fields.get("q"))) : written;
    const total = Number(fields.get("t"));
    const records = total - batch.payloads.length;
    // What was read before stands there no more: the server has lost the end of what it had.
    if (records !== this.#total) throw this.#gap();
    this.#total = total;
    this.noted(total, 0);
    this.#buffer.push(id, String(fields.get("u")), batch, records, this.#skip);
    this.#skip = 0;
  }

  /** An entry does not follow on the one before, or on the position: whether that may be by a loss that is known by now. */
  #gap(): SageError {
    const { id: queue } = this.descriptor;
    const life = this.#scope.life();
    if (this.#gapIn === life) return new SageError("STORE_TORN", { store: "Redis", what: queue });
    this.#gapIn = life;
    return new SageError("INPUT_VANISHED", { node: queue });
  }

  #deliver(max: number): Delivery {
    const parts = this.#buffer.shift(max);
    const delivery = new RedisDelivery(parts, this.#last, this.#ended && parts.length === 0);
    this.#last = delivery.position as unknown as QueuePosition | null;
    return delivery;
  }
}

/** The largest id before one. */
function before(id: string): string {
  const [ms, n] = id.split("-").map(Number) as [number, number];
  return n > 0 ? `${ms}-${n - 1}` : `${ms - 1}-${Number.MAX_SAFE_INTEGER}`;
}
