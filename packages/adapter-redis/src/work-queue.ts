import type { BatchCodec } from "@sage-kernel/codec";
import { type JsonValue, SageError } from "@sage-kernel/core";
import {
  type Batch,
  type Clock,
  type Delivery,
  type MaybePromise,
  type QueueDescriptor,
  type Timer,
  WaitingTake,
} from "@sage-kernel/core/spi";
import { EntryBuffer } from "./entry-buffer.ts";
import type { OpenedQueue, QueueScope } from "./opened-queue.ts";
import type { QueueKeys } from "./queue-keys.ts";
import { type QueuePosition, RedisDelivery } from "./queue-position.ts";
import { QueueProducer } from "./queue-producer.ts";
import { roomAgain } from "./room-wait.ts";
import { closePoolScript } from "./scripts.ts";
import {
  acknowledgeScript,
  appendPoolScript,
  claimScript,
  keepScript,
  openPoolScript,
} from "./work-scripts.ts";

/** What a pool works with. */
export interface WorkQueueScope extends QueueScope {
  readonly codec: BatchCodec;
  /** Leases go by this clock. */
  readonly clock: Pick<Clock, "setTimer">;
}

/** An entry that this consumer has. */
interface Held {
  readonly id: string;
  /** For the how manieth time it was handed out to anybody. */
  readonly attempt: number;
  readonly batch: Batch;
  /** Elements of it that are done. */
  done: number;
}

type Claimed = readonly [state: number, times: number, ...found: (readonly [Buffer, number, Buffer])[]];

const defaultLeaseMs = 30_000;
const defaultPrefetch = 16;

/**
 * A pool of work in Redis, which any number of consumers share: each entry, of one record, goes to one of them, in no order that
 * holds between them. A consumer keeps what it has until it is done, and says now and then that it is alive; what one has that is
 * not heard of for its lease goes to another. So a record may come again, and what a consumer does with one that it has lost
 * is its own: it removes nothing any more.
 *
 * Options of the descriptor: `mode: "work"`, `leaseMs` (30,000), and `prefetch`, the most records that one take claims (16).
 */
export class WorkQueue implements OpenedQueue {
  readonly descriptor: QueueDescriptor;
  readonly keys: QueueKeys;
  closed = false;
  closing = false;
  readonly #scope: WorkQueueScope;
  readonly #producer: QueueProducer;
  readonly #buffer: EntryBuffer;
  readonly #take = new WaitingTake<Delivery>();
  readonly #leaseMs: number;
  readonly #prefetch: number;
  /** By its place among all that were claimed here. */
  readonly #held = new Map<number, Held>();
  #places = 0;
  #claims = 0;
  #claiming = false;
  #ended = false;
  #left = false;
  #last: QueuePosition | null = null;
  #keeping: Timer | undefined;
  /** Ends the wait for work. */
  #wake: (() => void) | undefined;

  constructor(scope: WorkQueueScope) {
    const { descriptor, keys, redis, reader, codec, producer: name } = scope;
    this.descriptor = descriptor;
    this.keys = keys;
    this.#scope = scope;
    this.#buffer = new EntryBuffer(keys.entries);
    this.#leaseMs = countIn(descriptor, "leaseMs", defaultLeaseMs);
    this.#prefetch = countIn(descriptor, "prefetch", defaultPrefetch);
    const { id: queue, capacity } = descriptor;
    const rest = { queue, capacity, keys, redis, reader, codec, name, noted: () => undefined };
    this.#producer = new QueueProducer({ ...rest, append: appendPoolScript, longestEntry: 1 });
  }

  async open(again = false): Promise<void> {
    const { redis, keys } = this.#scope;
    await redis.run(openPoolScript, [keys.entries, keys.meta, keys.room], [again ? 1 : 0]);
  }

  offer(): boolean {
    return false; // whether there is room, the server knows
  }

  put(batch: Batch, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    return this.#producer.put(batch, signal);
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    this.#take.check(this.descriptor.id, signal);
    if (!this.#buffer.empty || this.#ended) return this.#deliver(max);
    const taken = this.#take.wait(max, signal);
    if (!this.#claiming) void this.#claimAll();
    return taken;
  }

  async advance(position: JsonValue): Promise<void> {
    if (position === null) return; // nothing was taken
    const [id, elements, , whole] = position as unknown as QueuePosition;
    const place = Number(id);
    const done = [...this.#held].filter(([at]) => at < place || (at === place && whole === 1));
    const current = this.#held.get(place);
    if (current !== undefined) current.done = Math.max(current.done, elements);
    for (const [at] of done) this.#held.delete(at);
    if (done.length === 0) return;
    const { redis, keys, producer: consumer, reader } = this.#scope;
    const args = done.flatMap(([, entry]) => [entry.id, entry.attempt, entry.batch.payloads.length]);
    await redis.run(acknowledgeScript, [keys.entries, keys.meta, keys.room], [consumer, ...args]);
    reader.hint(keys.room);
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    return (delivery as RedisDelivery).after(elements);
  }

  async rewind(): Promise<void> {
    this.#buffer.clear();
    for (const [place, { batch, done }] of this.#held) this.#buffer.push(String(place), "", batch, 0, done);
    this.#settle();
  }

  async size(): Promise<number> {
    const [appended, done] = await this.#scope.redis.fields(this.#scope.keys.meta, ["in", "out"]);
    return Number(appended ?? 0) - Number(done ?? 0);
  }

  async close(): Promise<void> {
    const { redis, keys, owner, reader } = this.#scope;
    this.closing = true;
    const all = [keys.entries, keys.meta, keys.room, owner.key];
    this.closed = (await redis.run(closePoolScript, all, [owner.store()])) === 1;
    reader.hint(keys.room); // what waits there is refused, and who waits for work looks whether any is left
  }

  leave(): void {
    this.#left = true;
    this.#keeping?.clear();
    this.#wake?.();
    this.#take.reject(new SageError("QUEUE_CLOSED", { queue: this.descriptor.id }));
    this.#scope.onLeft(this);
  }

  /** Claims entries until a take that waits has some. */
  async #claimAll(): Promise<void> {
    this.#claiming = true;
    try {
      while (this.#take.waits && !this.#left) {
        const times = await this.#claim();
        this.#settle();
        if (this.#take.waits) await this.#wait(times);
      }
    } catch (error) {
      this.#take.reject(error);
    } finally {
      this.#claiming = false;
    }
  }

  /** Claims what there is; answers how often there was news of room or work. */
  async #claim(): Promise<number> {
    const { redis, keys, producer: consumer, codec } = this.#scope;
    const args = [consumer, ++this.#claims, this.#prefetch, this.#leaseMs];
    const answer = await redis.run(claimScript, [keys.entries, keys.meta], args);
    const [state, times, ...found] = answer as unknown as Claimed;
    let unreadable: unknown;
    for (const [id, attempt, bytes] of found) {
      let batch: Batch;
      try {
        batch = codec.decode(bytes, this.descriptor.id);
      } catch (error) {
        unreadable = error; // it stays in the pool; what is behind it is worked on first
        continue;
      }
      const place = this.#places++;
      this.#held.set(place, { id: id.toString(), attempt, batch, done: 0 });
      this.#buffer.push(String(place), "", batch, 0);
    }
    this.#ended = state === 0;
    if (this.#held.size > 0) this.#keep();
    if (unreadable !== undefined && this.#buffer.empty) throw unreadable;
    return times;
  }

  /** Waits for work; for as long as somebody may be alive who has some and is silent, at most. */
  async #wait(times: number): Promise<void> {
    const { reader, keys, clock } = this.#scope;
    const room = roomAgain(reader, keys.room, times);
    let timer: Timer | undefined;
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = clock.setTimer(this.#leaseMs / 2, resolve);
    });
    try {
      await Promise.race([room.heard, woken]);
    } finally {
      timer?.clear();
      room.stop();
      this.#wake = undefined;
    }
  }

  /** Says from time to time that what it has is still worked on. */
  #keep(): void {
    if (this.#keeping !== undefined || this.#left) return;
    this.#keeping = this.#scope.clock.setTimer(this.#leaseMs / 3, () => {
      this.#keeping = undefined;
      if (this.#held.size === 0) return;
      const { redis, keys, producer: consumer } = this.#scope;
      const args = [...this.#held.values()].flatMap(({ id, attempt }) => [id, attempt]);
      redis.run(keepScript, [keys.entries], [consumer, ...args]).catch(() => undefined); // it is said again
      this.#keep();
    });
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

/** An option that is a count. @throws SageError `INVALID_DESCRIPTOR`. */
function countIn({ options }: QueueDescriptor, name: string, byDefault: number): number {
  const value = options[name] ?? byDefault;
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  const problem = `is ${JSON.stringify(value)}, not an integer of at least 1`;
  throw new SageError("INVALID_DESCRIPTOR", { path: `options.${name}`, problem });
}
