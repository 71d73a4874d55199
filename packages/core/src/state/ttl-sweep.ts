import { isExpired } from "./expiring.ts";
import type { StateKey } from "./state-key.ts";
import type { StoredCells } from "./state-reader.port.ts";

/** Entries that one call looks at: few, so that no call takes long. */
const entriesPerCall = 32;

/**
 * Looks for expired cells in the committed cells of a table, a few at a time and going round, so that cells nobody
 * reads any more do not stay for ever.
 */
export class TtlSweep {
  readonly #stored: StoredCells;
  #rest: Iterator<readonly [StateKey, unknown]> | undefined;

  constructor(stored: StoredCells) {
    this.#stored = stored;
  }

  /**
   * The keys of expired cells among the next 32 entries; `now` is the time in ms of the runtime's clock. A call stops at
   * the end of the table, and the one after it begins anew.
   *
   * A later change of the same cell may not be committed yet. So delete a key only when its cell is expired as the
   * task sees it, too.
   */
  expired(now: number): StateKey[] {
    this.#rest ??= this.#stored.entries()[Symbol.iterator]();
    const keys: StateKey[] = [];
    for (let i = 0; i < entriesPerCall; i++) {
      const { done, value } = this.#rest.next();
      if (done === true) {
        this.#rest = undefined;
        break;
      }
      const [key, cell] = value;
      if (isExpired(cell, now)) keys.push(key);
    }
    return keys;
  }
}
