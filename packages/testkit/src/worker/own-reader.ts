import type { JsonValue } from "@sage-kernel/core";
import {
  type Batch,
  type Delivery,
  isPromiseLike,
  type MaybePromise,
  type Queue,
  type QueueDescriptor,
} from "@sage-kernel/core/spi";
import type { Reach } from "./reach.ts";

/** Who reads the queues of a pretended server, by the ids of the queues. */
export class Readers {
  /** The latest of each, and what gives up the take that waits there. */
  readonly latest = new Map<
    string,
    { readonly reader: object; readonly take: AbortController | undefined }
  >();
  /** Those who hear that what was read may be lost. */
  readonly doubts = new Map<string, Set<() => void>>();
}

/**
 * A queue of a pretended server as one process reads it. What a process waits for while it is cut off it never gets, and
 * what it puts never arrives. In reality
 * each process has a cursor of its own; here the latest to rewind an inbox has the only one, and all others wait for ever, as
 * those do that will be fenced. Requests of services go to whoever takes them.
 */
export class OwnReader implements Queue {
  readonly #inner: Queue;
  readonly #reach: Reach;
  readonly #readers: Readers;
  /** The take that waits. */
  #waiting:
    | {
        readonly max: number;
        readonly resolve: (delivery: Delivery) => void;
        readonly reject: (error: unknown) => void;
      }
    | undefined;

  constructor(inner: Queue, reach: Reach, readers: Readers) {
    this.#inner = inner;
    this.#reach = reach;
    this.#readers = readers;
    reach.onCut(() => {
      const { reader, take } = readers.latest.get(this.descriptor.id) ?? {};
      if (reader === this) take?.abort();
    });
  }

  get descriptor(): QueueDescriptor {
    return this.#inner.descriptor;
  }

  fill(): number | undefined {
    return this.#inner.fill?.();
  }

  offer(batch: Batch): boolean {
    return !this.#reach.cut && this.#inner.offer(batch);
  }

  put(batch: Batch, signal?: AbortSignal): MaybePromise<void> {
    return this.#reach.cut ? new Promise(() => undefined) : this.#inner.put(batch, signal);
  }

  take(max: number): MaybePromise<Delivery> {
    const taken = this.#take(max);
    if (taken !== undefined && !isPromiseLike(taken)) return taken;
    return new Promise((resolve, reject) => {
      this.#waiting = { max, resolve, reject };
      if (taken !== undefined) this.#settle(taken);
    });
  }

  /** Takes, or waits, if this process reads the queue and can reach it. */
  #take(max: number): MaybePromise<Delivery> | undefined {
    const { id, options } = this.descriptor;
    const before = this.#readers.latest.get(id);
    const other = before !== undefined && before.reader !== this;
    if (this.#reach.cut || (other && options.mode !== "call")) return undefined;
    before?.take?.abort();
    const take = new AbortController();
    this.#readers.latest.set(id, { reader: this, take });
    if (other) for (const doubt of this.#readers.doubts.get(id) ?? []) doubt();
    const taken = this.#inner.take(max, take.signal);
    if (!isPromiseLike(taken)) return taken;
    return Promise.resolve(taken).catch((error: unknown) => {
      if (!take.signal.aborted) throw error;
      return new Promise(() => undefined); // until it reads again
    });
  }

  #settle(taken: PromiseLike<Delivery>): void {
    const waiting = this.#waiting;
    const settled = <T>(settle: ((value: T) => void) | undefined) => {
      return (value: T): void => {
        if (this.#waiting !== waiting) return;
        this.#waiting = undefined;
        settle?.(value);
      };
    };
    taken.then(settled(waiting?.resolve), settled(waiting?.reject));
  }

  advance(position: JsonValue): MaybePromise<void> {
    return this.#reach.cut ? undefined : this.#inner.advance(position);
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    return this.#inner.positionAfter(delivery, elements);
  }

  async rewind(): Promise<void> {
    const { id } = this.descriptor;
    this.#readers.latest.get(id)?.take?.abort();
    this.#readers.latest.set(id, { reader: this, take: undefined });
    await this.#inner.rewind();
    if (this.#waiting === undefined) return;
    const taken = this.#take(this.#waiting.max); // for what has waited all the time
    if (taken !== undefined) this.#settle(isPromiseLike(taken) ? taken : Promise.resolve(taken));
  }

  onDoubt(listener: () => void): () => void {
    const { id } = this.descriptor;
    const listeners = this.#readers.doubts.get(id) ?? new Set();
    this.#readers.doubts.set(id, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  size(): MaybePromise<number> {
    return this.#inner.size();
  }

  close(): MaybePromise<void> {
    return this.#reach.closes && !this.#reach.cut ? this.#inner.close() : undefined;
  }
}
