import type { StateKey } from "./state-key.ts";

/** The committed cells of one table. */
export interface StoredCells {
  /** The cell of a key; `undefined` when there is none. */
  get(key: StateKey): unknown;
  /** All cells, in the order in which their keys were first stored. */
  entries(): Iterable<readonly [StateKey, unknown]>;
}

/** Port: reads what a task has committed. Cells are immutable: a commit replaces them. */
export interface StateReader {
  /** The cells of a table; an empty table when there is none of that name. */
  table(name: string): StoredCells;
  /** The tables that have cells. */
  names(): readonly string[];
  /**
   * Called before records with these keys are processed: a store that is far away reads their cells ahead, so that
   * {@link StoredCells.get} can answer at once. Left out where everything is at hand.
   */
  prefetch?(keys: readonly StateKey[]): PromiseLike<void> | undefined;
}
