import type { Reading } from "../pipeline/workload.ts";

/** A reading with its place among those of its key. */
export interface Counted extends Reading {
  /** How many readings of this key had come, this one included. */
  readonly seen: number;
}

/** The state of one instance: a count per key. */
export class KeyCounter {
  readonly #counts = new Map<number, number>();

  /** How many keys it has seen. */
  get keys(): number {
    return this.#counts.size;
  }

  /** Makes a new record of the record. */
  count(record: Reading, key: number): Counted {
    const seen = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, seen);
    return { id: record.id, value: record.value, seen };
  }
}
