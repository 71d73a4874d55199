import type { ProcessSample } from "../host/process-probe.port.ts";
import type { LedgerCounts } from "../state/ledger.ts";
import type { TaskReport } from "../task/task.port.ts";
import type { TaskTimes } from "../task/task-stats.ts";
import type { JobState } from "./job-report.ts";

/** What one task has done, in records and ms; a JSON value. */
export interface TaskMetrics extends LedgerCounts, TaskTimes {
  /** Id of the task instance. */
  readonly id: string;
  /** Id of its step. */
  readonly step: string;
  readonly state: TaskReport["state"];
  /** How full its inbox is; `null` for a source. */
  readonly queue: { readonly size: number; readonly capacity: number; readonly load: number } | null;
  /** What it waits for; `null` for nothing. */
  readonly waitsFor: string | null;
}

/** A job in figures; a JSON value. */
export interface JobMetrics {
  /** Id of the job. */
  readonly job: string;
  readonly state: JobState;
  readonly tasks: readonly TaskMetrics[];
  /** The process at the last report; `null` when none was made: see the runtime's `reportIntervalMs`. */
  readonly process: ProcessSample | null;
}

/** The figures of a task. */
export function taskMetrics({ id, step, state, ledger, times, queue, waitsFor }: TaskReport): TaskMetrics {
  return {
    id,
    step,
    state,
    ...ledger,
    ...times,
    queue: queue === null ? null : { ...queue, load: queue.size / queue.capacity },
    waitsFor: waitsFor ?? null,
  };
}
