import type { Batch } from "../packet/batch.ts";

/** Batches in order, in a ring that grows as needed, with the number of records in them. */
export class BatchDeque {
  #slots: (Batch | undefined)[] = new Array(8);
  #head = 0;
  #count = 0;
  #records = 0;
  /** Records of the front batch that were split off; it is cut only when it leaves, so splitting costs no copy of the rest. */
  #cut = 0;

  /** Records inside. */
  get records(): number {
    return this.#records;
  }

  /** True when there is no batch. */
  get empty(): boolean {
    return this.#count === 0;
  }

  /** Appends a batch. */
  push(batch: Batch): void {
    if (this.#count === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#count) & (this.#slots.length - 1)] = batch;
    this.#count++;
    this.#records += batch.payloads.length;
  }

  /** Removes batches of up to `max` records in all from the front; splits the last one if it must. */
  shift(max: number): Batch[] {
    if (this.#count === 1 && this.#records <= max) return [this.#remove()];
    const taken: Batch[] = [];
    let room = max;
    while (this.#count > 0) {
      const records = this.#frontRecords;
      if (records > room) {
        if (room > 0) taken.push(this.#split(room));
        break;
      }
      taken.push(this.#remove());
      room -= records;
    }
    return taken;
  }

  /** Removes everything. */
  clear(): void {
    while (this.#count > 0) {
      this.#slots[this.#head] = undefined; // lets go of the records
      this.#head = (this.#head + 1) & (this.#slots.length - 1);
      this.#count--;
    }
    this.#records = 0;
    this.#cut = 0;
  }

  /** Removes a number of elements (records and stop signals) from the front. */
  drop(elements: number): void {
    let left = elements;
    while (left > 0 && this.#count > 0) {
      const size = this.#front.elements - this.#cut;
      if (size > left) {
        this.#split(left);
        return;
      }
      this.#remove();
      left -= size;
    }
  }

  /** Removes and returns everything, in order. */
  drain(): Batch[] {
    const all: Batch[] = [];
    while (this.#count > 0) all.push(this.#remove());
    return all;
  }

  get #front(): Batch {
    return this.#slots[this.#head] as Batch;
  }

  get #frontRecords(): number {
    return this.#front.payloads.length - this.#cut;
  }

  #split(records: number): Batch {
    const from = this.#cut;
    this.#cut += records;
    this.#records -= records;
    return this.#front.range(from, this.#cut);
  }

  #remove(): Batch {
    const batch = this.#front;
    this.#slots[this.#head] = undefined; // lets go of the records
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#count--;
    this.#records -= batch.payloads.length - this.#cut;
    if (this.#cut === 0) return batch;
    const rest = batch.range(this.#cut);
    this.#cut = 0;
    return rest;
  }

  #grow(): void {
    const old = this.#slots;
    const slots: (Batch | undefined)[] = new Array(old.length * 2);
    for (let i = 0; i < this.#count; i++) slots[i] = old[(this.#head + i) & (old.length - 1)];
    this.#slots = slots;
    this.#head = 0;
  }
}
