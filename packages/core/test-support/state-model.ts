import type { Commit } from "../src/state/commit.port.ts";
import { absent, type StateKey } from "../src/state/state-key.ts";
import { TaskState } from "../src/state/task-state.ts";
import { createStore } from "./store-harness.ts";

/** Cells by table and key. */
export class ModelCells {
  readonly #cells: Map<string, Map<StateKey, unknown>>;

  constructor(cells = new Map<string, Map<StateKey, unknown>>()) {
    this.#cells = cells;
  }

  get(table: string, key: StateKey): unknown {
    return this.#cells.get(table)?.get(key);
  }

  set(table: string, key: StateKey, cell: unknown): void {
    const cells = this.#cells.get(table) ?? new Map<StateKey, unknown>();
    this.#cells.set(table, cells);
    if (cell === absent) cells.delete(key);
    else cells.set(key, cell);
  }

  copy(): ModelCells {
    return new ModelCells(new Map([...this.#cells].map(([table, cells]) => [table, new Map(cells)])));
  }

  /** Tables that have cells, in a form that can be compared. */
  toJSON(): unknown {
    return [...this.#cells]
      .filter(([, cells]) => cells.size > 0)
      .map(([table, cells]) => [table, [...cells].map(([key, cell]) => [String(key), cell]).sort()])
      .sort();
  }
}

/** The state of a task through its incarnations and commits, beside a model of what the store must have. */
export function createStateModel() {
  const { open, unit, commit: first } = createStore();
  let commit: Commit = first;
  let flight: { readonly apply: () => void; readonly cells: ModelCells; applied: boolean } | undefined;
  const self = {
    tables: new TaskState(first.state),
    /** What the records that are done have made of the state. */
    accepted: new ModelCells(),
    stored: new ModelCells(),
    /** Hands the unit's changes to a commit. */
    take(): void {
      if (flight !== undefined) return;
      const { epoch, progress } = commit;
      const made = unit(progress.sequence + 1, [], { epoch, state: self.tables.take(() => 0) });
      const to = commit;
      flight = { apply: () => void to.commit(made), cells: self.accepted.copy(), applied: false };
    },
    /** The store applies the commit. */
    apply(): void {
      if (flight === undefined || flight.applied) return;
      flight.apply();
      flight.applied = true;
      self.stored = flight.cells;
    },
    /** The store's answer arrives. */
    committed(): void {
      if (flight?.applied !== true) return;
      flight = undefined;
      self.tables.committed();
    },
    /** One step further on the way of a commit: it is handed over, applied, answered. */
    commit(): void {
      if (flight === undefined) self.take();
      else if (flight.applied) self.committed();
      else self.apply();
    },
    /** Everything but the store is gone. */
    crash(): void {
      flight = undefined;
      commit = open();
      self.tables = new TaskState(commit.state);
      self.accepted = self.stored.copy();
    },
    /** What the store has, in a form that can be compared. */
    inStore(): unknown {
      const cells = new ModelCells();
      for (const table of commit.state.names()) {
        for (const [key, cell] of commit.state.table(table).entries()) cells.set(table, key, cell);
      }
      return cells.toJSON();
    },
  };
  return self;
}
