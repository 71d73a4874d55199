import { Completion } from "../host/completion.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import type { SourceReader } from "./source-reader.ts";

interface Waiter {
  readonly max: number;
  readonly records: unknown[];
  readonly completion: Completion<unknown[]>;
}

/**
 * Reads an asynchronous iterator, for one instance or several that share it. While a poll waits the reader goes on
 * pulling, so a poll answers with all that became ready together; between polls it pulls nothing. At most one
 * `next()` is outstanding.
 *
 * After `close()` it waits for an outstanding `next()` to settle, since its record may already be taken from the
 * source.
 */
export class AsyncReader implements SourceReader {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #scheduler: Scheduler;
  readonly #buffer: unknown[] = [];
  readonly #waiters: Waiter[] = [];
  #pulling = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  readonly #onClose: () => void;

  /** `onClose` is called once when the source is ended early: it makes an outstanding `next()` settle, if it can. */
  constructor(iterator: AsyncIterator<unknown>, scheduler: Scheduler, onClose: () => void = () => undefined) {
    this.#iterator = iterator;
    this.#scheduler = scheduler;
    this.#onClose = onClose;
  }

  poll(max: number): MaybePromise<unknown[]> {
    if (this.#buffer.length > 0) return this.#buffer.splice(0, max);
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#ended && !this.#pulling) return [];
    const records: unknown[] = [];
    const completion = new Completion<unknown[]>(this.#scheduler, () => this.#release(waiter));
    const waiter: Waiter = { max, records, completion };
    this.#waiters.push(waiter);
    this.#pull();
    return completion;
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    try {
      this.#onClose();
      Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
    } catch {
      // a source that fails to close has nothing more to give
    }
    if (!this.#pulling) this.#wakeAll();
  }

  #release(waiter: Waiter): unknown[] {
    const index = this.#waiters.indexOf(waiter);
    if (index >= 0) this.#waiters.splice(index, 1);
    if (waiter.records.length === 0 && this.#failure !== undefined) throw this.#failure.error;
    return waiter.records;
  }

  #pull(): void {
    if (this.#pulling || this.#ended || this.#failure !== undefined || this.#waiters.length === 0) return;
    this.#pulling = true;
    try {
      const next: PromiseLike<IteratorResult<unknown>> = this.#iterator.next();
      (isPromiseLike(next) ? next : Promise.resolve(next)).then(this.#onNext, this.#onError);
    } catch (error) {
      this.#onError(error);
    }
  }

  readonly #onNext = (next: IteratorResult<unknown>): void => {
    try {
      if (next.done === true) this.#ended = true;
      else this.#hand(next.value);
    } catch (error) {
      this.#onError(error); // no result object
      return;
    }
    this.#pulling = false;
    if (this.#ended) this.#wakeAll();
    else this.#pull();
  };

  readonly #onError = (error: unknown): void => {
    this.#pulling = false;
    if (!this.#ended) this.#failure = { error }; // a source that was ended early may well complain
    this.#wakeAll();
  };

  /** Gives a record to the poll that has waited longest; a poll with room left waits on at the back. */
  #hand(record: unknown): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      this.#buffer.push(record);
      return;
    }
    waiter.records.push(record);
    waiter.completion.resolve();
    if (waiter.records.length < waiter.max) this.#waiters.push(waiter);
  }

  #wakeAll(): void {
    for (const waiter of this.#waiters) waiter.completion.resolve();
  }
}
