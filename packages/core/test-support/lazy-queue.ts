import { Completion } from "../src/host/completion.ts";
import type { MaybePromise } from "../src/host/maybe-promise.ts";
import type { Scheduler } from "../src/host/scheduler.port.ts";
import { Batch } from "../src/packet/batch.ts";
import type { Delivery } from "../src/queue/queue.port.ts";
import type { Inbox } from "../src/task/source-inbox.ts";

/**
 * An input of numbers on channel 0 whose takes wait as completions: what they bring is taken out when it is handed
 * over, not before. A position is the number of elements taken so far.
 */
export class LazyQueue implements Inbox {
  readonly #scheduler: Scheduler;
  #offered = 0;
  #taken = 0;
  #advanced = 0;
  #closed = false;
  #waiting: Completion<Delivery> | undefined;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Puts so many more numbers in. */
  offer(count: number): void {
    this.#offered += count;
    if (count > 0) this.#waiting?.resolve();
  }

  take(max: number): MaybePromise<Delivery> {
    const deliver = (): Delivery => {
      this.#waiting = undefined;
      const from = this.#taken;
      this.#taken = Math.min(this.#offered, from + max);
      const numbers = Array.from({ length: this.#taken - from }, (_, i) => from + i);
      const batches = numbers.length === 0 ? [] : [new Batch(0, from, numbers)];
      return { batches, position: this.#taken, done: this.#closed && numbers.length === 0 };
    };
    if (this.#waiting !== undefined && !this.#waiting.settled)
      throw new Error("One take may wait at a time.");
    if (this.#taken < this.#offered || this.#closed) return deliver();
    this.#waiting = new Completion(this.#scheduler, deliver);
    return this.#waiting;
  }

  advance(position: number): void {
    this.#advanced = Math.max(this.#advanced, position);
  }

  positionAfter({ batches, position }: Delivery, elements: number): number {
    return (position as number) - batches.reduce((sum, batch) => sum + batch.elements, 0) + elements;
  }

  rewind(): void {
    this.#taken = this.#advanced;
    if (this.#taken < this.#offered) this.#waiting?.resolve();
  }

  close(): void {
    this.#closed = true;
    this.#waiting?.resolve();
  }
}
