import type { StateScope } from "../src/context/state-scope.ts";
import { TaskLedger } from "../src/state/ledger.ts";
import { RecordCells } from "../src/state/record-cells.ts";
import type { StateKey } from "../src/state/state-key.ts";
import { TaskRecord } from "../src/state/task-record.ts";
import { TaskState } from "../src/state/task-state.ts";
import { ManualClock } from "./manual-clock.ts";

/** The scope of a task whose records run one after the other; the test says where one ends. */
export class TestScope implements StateScope {
  readonly step = "step-1";
  readonly place = { index: 0 };
  readonly cells = new RecordCells(this.place);
  readonly record = new TaskRecord();
  tables: TaskState;
  key: StateKey = "key-1";
  unavailable: string | undefined;
  readonly clock: ManualClock;

  /** With other tables or another clock it is one more scope of the same task. */
  constructor(tables?: TaskState, clock: ManualClock = new ManualClock()) {
    this.tables = tables ?? new TaskState(this.record);
    this.clock = clock;
  }

  /** The record is done; the next one has this key, or the same one when none is given. */
  next(...keys: readonly [] | readonly [StateKey]): void {
    this.place.index++;
    this.cells.catchUp();
    if (keys.length > 0) [this.key] = keys;
  }

  /** Commits what the records before the one in place have changed. */
  commit(): void {
    this.record.apply({
      epoch: 1,
      sequence: this.record.sequence + 1,
      attempt: 1,
      position: undefined,
      consumed: [],
      ahead: [],
      outputs: [],
      deadLetters: [],
      collected: [],
      state: this.tables.take(() => 0),
      handedOut: 0,
      finished: false,
      ledger: new TaskLedger(),
    });
    this.tables.committed();
  }

  /** A new incarnation begins with what was committed. */
  restart(): void {
    this.cells.discard();
    this.tables = new TaskState(this.record);
  }
}
