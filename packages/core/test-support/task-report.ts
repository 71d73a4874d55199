import type { LedgerCounts } from "../src/state/ledger.ts";
import type { TaskReport } from "../src/task/task.port.ts";
import { TaskStats } from "../src/task/task-stats.ts";

/** A report of a task that did nothing but what the test says. */
export function taskReport(
  id: string,
  ledger: Partial<LedgerCounts> = {},
  more: Partial<TaskReport> = {},
): TaskReport {
  const zero = {
    received: 0,
    processed: 0,
    filtered: 0,
    emitted: 0,
    skipped: 0,
    deadLettered: 0,
    inFlight: 0,
  };
  return {
    id,
    step: id.split("#")[0] as string,
    state: "completed",
    ledger: { ...zero, ...ledger },
    times: new TaskStats().toJSON(),
    restarts: 0,
    sent: {},
    received: {},
    moving: false,
    queue: null,
    ...more,
  };
}
