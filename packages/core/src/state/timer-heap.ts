import type { StateKey } from "./state-key.ts";

/** A timer of one key: when it is due, in ms since the Unix epoch. */
export interface KeyTimer {
  readonly at: number;
  readonly key: StateKey;
}

interface Entry extends KeyTimer {
  readonly order: number;
}

/** Timers by the time at which they are due; those of one time in the order in which they were added. */
export class TimerHeap {
  readonly #entries: Entry[] = [];
  #added = 0;

  /** The one that is due first. */
  get first(): KeyTimer | undefined {
    return this.#entries[0];
  }

  /** Adds a timer. */
  push({ at, key }: KeyTimer): void {
    const entries = this.#entries;
    const entry = { at, key, order: this.#added++ };
    let place = entries.length;
    for (let parent = (place - 1) >> 1; place > 0; parent = (place - 1) >> 1) {
      const above = entries[parent] as Entry;
      if (!before(entry, above)) break;
      entries[place] = above;
      place = parent;
    }
    entries[place] = entry;
  }

  /** Takes the first one out. */
  pop(): KeyTimer | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= entries.length) break;
      const right = entries[child + 1];
      if (right !== undefined && before(right, entries[child] as Entry)) child++;
      const below = entries[child] as Entry;
      if (!before(below, last)) break;
      entries[place] = below;
      place = child;
    }
    entries[place] = last;
    return first;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
