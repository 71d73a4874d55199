/** A source that gives the next record when it is told that the last one has arrived. */
export class OneByOne<R> implements AsyncIterable<R>, AsyncIterator<R, undefined> {
  readonly #records: readonly R[];
  #place = 0;
  #released = true;
  #waiting: ((result: IteratorResult<R, undefined>) => void) | undefined;

  constructor(records: readonly R[]) {
    this.#records = records;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<R, undefined>> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      if (this.#released) this.#give();
    });
  }

  /** The last record has arrived. */
  release(): void {
    this.#released = true;
    if (this.#waiting !== undefined) this.#give();
  }

  #give(): void {
    const resolve = this.#waiting;
    this.#waiting = undefined;
    this.#released = false;
    if (this.#place < this.#records.length) {
      resolve?.({ done: false, value: this.#records[this.#place++] as R });
    } else {
      resolve?.({ done: true, value: undefined });
    }
  }
}
