import type { StateReader } from "./state-reader.port.ts";
import { StateTable, type TableChanges } from "./state-table.ts";
import { TimerTable } from "./timer-table.ts";

/** The state of one incarnation of a task: its tables, and what the next commit changes in them. */
export class TaskState {
  /** Records of the operator's `finish` that were handed out: a restarted task leaves as many out. */
  handedOut: number;
  /** Whether a hook of the user's code runs, or may: then state can be used without a record. */
  inHook = true;
  readonly #reader: StateReader;
  readonly #tables = new Map<string, StateTable>();
  #timers: TimerTable | undefined;
  readonly #kinds = new Map<string, string>();

  constructor(reader: StateReader, handedOut = 0) {
    this.#reader = reader;
    this.handedOut = handedOut;
  }

  /** The table of a name. */
  table(name: string): StateTable {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new StateTable(name, this.#reader.table(name));
      this.#tables.set(name, table);
    }
    return table;
  }

  /** The timers. */
  get timers(): TimerTable {
    if (this.#timers === undefined) {
      this.#timers = new TimerTable(this.#reader.table("$timers"));
      this.#tables.set(this.#timers.name, this.#timers);
    }
    return this.#timers;
  }

  /** Says what kind of cells a table has. Answers what was said first: whoever says something else may not use it. */
  declare(name: string, kind: string): string {
    const first = this.#kinds.get(name) ?? kind;
    this.#kinds.set(name, first);
    return first;
  }

  /** Hands over what has changed since the last call; it stays visible. `now` is the clock's. */
  take(now: () => number): readonly TableChanges[] {
    if (this.#tables.size === 0) return none;
    const changes: TableChanges[] = [];
    for (const table of this.#tables.values()) {
      table.sweep(now);
      if (table.changed) changes.push(table.take());
    }
    return changes;
  }

  /** What was handed over is in the store now. */
  committed(): void {
    if (this.#tables.size === 0) return;
    for (const table of this.#tables.values()) table.committed();
  }
}

const none: readonly TableChanges[] = Object.freeze([]);
