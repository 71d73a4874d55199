import type { Polled, PolledSource, PollScope } from "./replayable-source.ts";

/** An array as a replayable source: so many splits, of which each has every so-manieth item. */
export class ArraySource implements PolledSource<unknown, number> {
  readonly #items: readonly unknown[];
  readonly #splits: number;
  /** The split that was read last, and where it begins. */
  #split = "";
  #start = 0;
  #stride = 1;

  constructor(items: readonly unknown[], splits: number) {
    this.#items = items;
    this.#splits = splits;
  }

  splits(): string[] {
    return Array.from({ length: this.#splits }, (_, i) => `${i}/${this.#splits}`);
  }

  poll(position: number | undefined, max: number, { split }: PollScope): Polled<unknown, number> {
    if (split !== this.#split) {
      this.#split = split;
      [this.#start = 0, this.#stride = 1] = split.split("/").map(Number);
    }
    const items = this.#items;
    const stride = this.#stride; // as many as when the splits were made, however many instances there are now
    const from = position ?? this.#start;
    const end = from + max * stride;
    const done = end >= items.length;
    if (stride === 1) return { records: items.slice(from, end), position: end, done };
    const records: unknown[] = [];
    for (let i = from; i < items.length && i < end; i += stride) records.push(items[i]);
    return { records, position: end, done };
  }
}
