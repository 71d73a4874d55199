import type { MaybePromise } from "../host/maybe-promise.ts";

/** Reads a source for one task instance. */
export interface SourceReader {
  /**
   * Whether what was read elsewhere is gone with whoever has read it, so that reading goes on with what comes. Left out where
   * records would be lost by that.
   */
  readonly forgetful?: boolean;

  /**
   * Up to `max` records and at least one, or an empty array at the end of the source. Waits while there is nothing.
   * The caller may keep and change the array.
   *
   * @throws what the source throws.
   */
  poll(max: number): MaybePromise<unknown[]>;

  /**
   * Ends the source early: a waiting poll gets what was already taken from it, and then the end. Releases the
   * source. Closing again has no effect.
   */
  close(): void;
}

/**
 * Reads a synchronous iterator, which several instances may share: each record goes to one of them. When the iterator
 * throws, the records before it still come; then every poll throws.
 */
export class IteratorReader implements SourceReader {
  readonly #iterator: Iterator<unknown>;
  #done = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(iterator: Iterator<unknown>) {
    this.#iterator = iterator;
  }

  poll(max: number): unknown[] {
    const records: unknown[] = [];
    try {
      while (!this.#done && records.length < max) {
        const next = this.#iterator.next();
        if (next.done === true) this.#done = true;
        else records.push(next.value);
      }
    } catch (error) {
      this.#done = true;
      this.#failure = { error };
    }
    if (records.length === 0 && this.#failure !== undefined) throw this.#failure.error;
    return records;
  }

  close(): void {
    if (this.#done) return;
    this.#done = true;
    this.#iterator.return?.();
  }
}
