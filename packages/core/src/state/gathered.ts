/** What the instances of a `collect` step have gathered, in the order in which it was committed. */
export class Gathered {
  /** All of it; always the same array. */
  readonly records: unknown[] = [];
  /** Which instance each record is from. */
  #instances: number[] = [];

  /** Adds what an instance has committed. */
  add(instance: number, records: readonly unknown[]): void {
    for (const record of records) {
      this.records.push(record);
      this.#instances.push(instance);
    }
  }

  /** Puts this in the place of all that an instance had gathered. */
  reset(instance: number, records: readonly unknown[]): void {
    const instances = this.#instances;
    const others = this.records.filter((_, i) => instances[i] !== instance);
    this.#instances = instances.filter((each) => each !== instance);
    this.records.splice(0, this.records.length, ...others);
    this.add(instance, records);
  }
}
