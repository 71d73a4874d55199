import { SageError } from "../errors/sage-error.ts";
import type { Clock } from "../host/clock.port.ts";
import type { RecordCells } from "../state/record-cells.ts";
import type { StateKey } from "../state/state-key.ts";
import type { TaskState } from "../state/task-state.ts";

/** Where handles read and write. It is alive: all but `tables` may change from record to record. */
export interface StateScope {
  /** What the current record changes. */
  readonly cells: RecordCells;
  /** The state of the task's incarnation. */
  readonly tables: TaskState;
  /** The time by which values expire. */
  readonly clock: Pick<Clock, "now">;
  /** Whose state is read and written; looked at in every operation. */
  readonly key: StateKey;
  /** Id of the step, for error messages. */
  readonly step: string;
  /** Why there is no state here, in words that can follow a colon; `undefined` where there is. */
  readonly unavailable: string | undefined;
}

/**
 * Makes sure that there is state.
 *
 * @throws SageError `STATE_UNAVAILABLE` where there is none.
 */
export function requireState({ step, unavailable }: StateScope): void {
  if (unavailable !== undefined) throw new SageError("STATE_UNAVAILABLE", { step, problem: unavailable });
}
