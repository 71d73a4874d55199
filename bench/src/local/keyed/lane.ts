const CAPACITY = 256;

/** A bounded queue between one generator that puts and one that reads. */
export class Lane<R> implements AsyncIterable<R> {
  #records: R[] = [];
  #ended = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  /** Appends a record; when the lane is full, answers a promise to wait for before the next one. */
  put(record: R): Promise<void> | undefined {
    this.#records.push(record);
    this.#wakeReader?.();
    if (this.#records.length < CAPACITY) return undefined;
    return new Promise((resolve) => {
      this.#wakeWriter = resolve;
    });
  }

  /** No record follows. */
  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
  }

  /** Yields all that has come, then waits. */
  async *[Symbol.asyncIterator](): AsyncGenerator<R> {
    while (!this.#ended || this.#records.length > 0) {
      const records = this.#records;
      this.#records = [];
      this.#wakeWriter?.();
      for (const record of records) yield record;
      if (this.#ended || this.#records.length > 0) continue;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
  }
}
