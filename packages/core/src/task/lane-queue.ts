import type { PartitionKey } from "../packet/partition-key.ts";

/** Items in the order in which they may begin: without keys as they come, with keys one at a time for each key. */
export class LaneQueue<T> {
  #ready: T[] = [];
  #head = 0;
  /** Behind each key that has an item ready or begun, those that wait for it. */
  readonly #chains = new Map<PartitionKey, T[]>();

  /** Items that may begin. */
  get ready(): number {
    return this.#ready.length - this.#head;
  }

  /** Adds an item at the back. */
  add(item: T, key: PartitionKey | undefined): void {
    if (key === undefined) {
      this.#ready.push(item);
      return;
    }
    const chain = this.#chains.get(key);
    if (chain !== undefined) {
      chain.push(item);
      return;
    }
    this.#chains.set(key, []);
    this.#ready.push(item);
  }

  /** Takes the next item that may begin. */
  next(): T | undefined {
    if (this.ready === 0) return undefined;
    const item = this.#ready[this.#head++];
    if (this.#head > 64 && this.#head * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** An item with this key has ended: the next one of its key may begin. */
  done(key: PartitionKey | undefined): void {
    if (key === undefined) return;
    const chain = this.#chains.get(key);
    const next = chain?.shift();
    if (next === undefined) this.#chains.delete(key);
    else this.#ready.push(next);
  }
}
