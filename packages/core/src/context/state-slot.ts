import { Expiring, isExpired } from "../state/expiring.ts";
import { absent } from "../state/state-key.ts";
import type { StateTable } from "../state/state-table.ts";
import { requireState, type StateScope } from "./state-scope.ts";

/** The place of one named state: the cell of whichever key is current. Its cells are of type `C`. */
export class StateSlot<C> {
  readonly #scope: StateScope;
  readonly #table: StateTable;
  readonly #ttlMs: number | undefined;

  /** With `ttlMs`, what is written expires that long after. */
  constructor(scope: StateScope, table: StateTable, ttlMs: number | undefined) {
    this.#scope = scope;
    this.#table = table;
    this.#ttlMs = ttlMs;
    if (ttlMs !== undefined) table.expires();
  }

  /**
   * Comes before all that can fail for another reason.
   *
   * @throws SageError `STATE_UNAVAILABLE` where there is no state.
   */
  require(): void {
    requireState(this.#scope);
  }

  /**
   * The cell; `undefined` when there is none, or when it has expired.
   *
   * @throws SageError `STATE_UNAVAILABLE` where there is no state.
   */
  read(): C | undefined {
    const cell = this.#cell();
    if (!(cell instanceof Expiring)) return cell as C | undefined;
    return isExpired(cell, this.#scope.clock.now()) ? undefined : (cell.cell as C);
  }

  /**
   * Replaces the cell, and begins its time to live.
   *
   * @throws SageError `STATE_UNAVAILABLE` where there is no state.
   */
  write(cell: C): void {
    this.require();
    const { cells, clock, key } = this.#scope;
    const ttlMs = this.#ttlMs;
    cells.write(this.#table, key, ttlMs === undefined ? cell : new Expiring(cell, clock.now() + ttlMs));
  }

  /**
   * Deletes the cell; where there is none, nothing changes.
   *
   * @throws SageError `STATE_UNAVAILABLE` where there is no state.
   */
  clear(): void {
    if (this.#cell() !== undefined) this.#scope.cells.write(this.#table, this.#scope.key, absent);
  }

  #cell(): unknown {
    this.require();
    return this.#scope.cells.read(this.#table, this.#scope.key);
  }
}
