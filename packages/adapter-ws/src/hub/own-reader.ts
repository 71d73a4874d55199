import { type Delivery, isPromiseLike, type MaybePromise, type MemoryQueue } from "@sage-kernel/core/spi";

/** Why a take is given up whose reader stops. */
const stopping = Symbol("reads no further");

/** Who reads messages of services in the hub's own process. Another process may take over, and hand them back. */
export class OwnReader {
  readonly #queue: MemoryQueue;
  readonly #doubts = new Set<() => void>();
  /** Whether it has read since anybody else did. */
  #reads = false;
  #stopped = false;

  constructor(queue: MemoryQueue) {
    this.#queue = queue;
  }

  /** Takes messages. What another reader has taken and not said to be done with may be lost: those who listen hear of it. */
  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    if (!this.#reads) {
      this.#reads = true;
      if (this.#queue.uncommitted > 0) for (const listener of this.#doubts) listener();
    }
    if (this.#stopped) return this.#end();
    const taken = this.#queue.take(max, signal);
    if (!isPromiseLike(taken)) return taken;
    return Promise.resolve(taken).catch((error: unknown) => {
      if (error === stopping) return this.#end();
      throw error;
    });
  }

  /** Calls back when messages may have been lost. Answers how to stop listening. */
  onDoubt(listener: () => void): () => void {
    this.#doubts.add(listener);
    return () => this.#doubts.delete(listener);
  }

  /** Reads no further: what waits is for another reader. */
  stop(): void {
    this.#stopped = true;
    this.#queue.giveUpTake(stopping);
  }

  /** Another one reads, or this process starts over. */
  reset(): void {
    this.#reads = false;
    this.#stopped = false;
  }

  #end(): Delivery {
    return { batches: [], position: this.#queue.position, done: true };
  }
}
