import type { JsonValue } from "../errors/json.ts";
import type { WireError } from "../errors/wire-error.ts";
import type { Delivery } from "../graph/delivery.ts";
import type { ProcessSample } from "../host/process-probe.port.ts";
import type { TaskMetrics } from "../job/job-metrics.ts";
import type { JobLedger, JobState } from "../job/job-report.ts";
import type { JobLogLine } from "../job/job-scope.ts";
import type { TaskReport } from "../task/task.port.ts";

/** A job to be submitted by its name. */
export interface JobRequest {
  /** Name of its module. */
  readonly name: string;
  /** What its module is given; JSON. */
  readonly params: unknown;
  /**
   * Tells submissions from repetitions of one: with the same key, name and parameters the job that is there is answered,
   * as long as it is kept. 1 to 200 characters. Default: a key of its own.
   */
  readonly submissionKey?: string | undefined;
}

/** A job in short; a JSON value whose size has a bound. */
export interface JobSummary {
  /** Its id. */
  readonly job: string;
  /** Name of its module. */
  readonly name: string;
  readonly submissionKey: string;
  readonly state: JobState;
  /** Wall-clock time of the start in ms since the Unix epoch. */
  readonly startedAt: number;
  /** From start to end, or to now, in ms. */
  readonly durationMs: number;
  /** How many task instances it has. */
  readonly tasks: number;
  /** Sums over its tasks; at most 20 of the problems. */
  readonly ledger: JobLedger;
  /** How often each record takes effect; at most 20 of the reasons. */
  readonly delivery: Delivery;
  /** Why it failed; texts of at most 8,192 characters. */
  readonly error?: WireError;
}

/** Which part of a list is wanted. */
export interface PageOptions {
  /** The last id of the page before; left out for the first page. */
  readonly after?: string | undefined;
  /** Entries at most, 1 to 1,000. Default 100. */
  readonly limit?: number | undefined;
}

/** Which jobs are wanted. */
export interface ListOptions extends PageOptions {
  /** Only those in this state. */
  readonly state?: JobState | undefined;
}

/** A part of a list. */
export interface Page<T> {
  readonly entries: readonly T[];
  /** What to pass as `after` for the next page; left out on the last one. */
  readonly next?: string;
}

/** Figures of a job: some of its tasks. */
export interface MetricsPage extends Page<TaskMetrics> {
  readonly state: JobState;
  /** The process at the last report; `null` when none was made. */
  readonly process: ProcessSample | null;
}

/** Which records are wanted that a job has collected. */
export interface CollectedOptions extends PageOptions {
  /** Name of the `collect` step. */
  readonly step: string;
}

/** A record that a job has collected. */
export interface CollectedRecord {
  /** Its number, from 0. */
  readonly id: string;
  readonly record: JsonValue;
}

/** A line of a job's log. */
export interface NumberedLogLine extends JobLogLine {
  /** Its number, which rises. */
  readonly id: string;
}

/** How long an operation may wait. */
export interface WaitOptions {
  /** How long to wait, in ms. Default 30,000. */
  readonly timeoutMs?: number | undefined;
}

/** How a job is stopped by its id. */
export interface JobStop extends WaitOptions {
  /** `true` (default): end the sources and let everything in flight arrive. `false`: stop at once. */
  readonly drain?: boolean | undefined;
}

/**
 * Jobs by their names and ids, wherever they run: what a program, a command or a page manages them with. It knows those
 * that were submitted through it, and no others. All of it may be repeated, and questions never wait behind commands.
 *
 * Everything throws SageError `INVALID_OPTION`, and `JOB_NOT_FOUND` for the id of a job that is not there or no longer.
 * Where the manager is elsewhere, it also throws `JOB_MANAGER_SILENT`, `JOB_MANAGER_BUSY`, `SEAT_LOST`, and
 * `CONTROL_MESSAGE_INVALID`.
 */
export interface JobControl {
  /**
   * Builds, deploys and starts a job; nothing is left of one that fails at that.
   *
   * @throws SageError `JOB_UNKNOWN`; `JOB_PARAMS_INVALID` with all problems; `SUBMISSION_CONFLICT`; and all that
   * `env.submit()` does.
   */
  submit(request: JobRequest): Promise<JobSummary>;
  /** How a job stands. */
  status(job: string): Promise<JobSummary>;
  /** Jobs, oldest first, those that have ended too. */
  list(options?: ListOptions): Promise<Page<JobSummary>>;
  /** What became of the records of its tasks, in the order of the graph. */
  tasks(job: string, options?: PageOptions): Promise<Page<TaskReport>>;
  /** What its tasks have measured. */
  metrics(job: string, options?: PageOptions): Promise<MetricsPage>;
  /**
   * What a `collect` step has gathered so far; of a job in workers, once it is completed. It is kept by the manager under which
   * the job has ended, until that ends or the job is forgotten.
   *
   * @throws SageError `NOT_JSON` for a record that is no JSON.
   */
  collected(job: string, options: CollectedOptions): Promise<Page<CollectedRecord>>;
  /**
   * The last lines of its log at level info and above, 1,000 at most, from its manager and its workers; the last id of a page is
   * what to pass as `after`, now or later.
   */
  logs(job: string, options?: PageOptions): Promise<Page<NumberedLogLine>>;
  /**
   * Freezes it: no further record is taken. Answers when the records in flight are done, and when the time is over, while
   * they go on. No effect on a job that is draining or has ended.
   */
  pause(job: string, options?: WaitOptions): Promise<JobSummary>;
  /** Goes on; no effect on a job that is not paused. */
  resume(job: string): Promise<JobSummary>;
  /**
   * Stops it, and answers when it has ended; one that has ended already is answered as it is.
   *
   * @throws SageError `STOP_TIMEOUT`, while it goes on stopping.
   */
  stop(job: string, options?: JobStop): Promise<JobSummary>;
  /** Waits for its end, and answers how it stands then, or when the time is over. */
  wait(job: string, options?: WaitOptions): Promise<JobSummary>;
  /** Forgets a job that has ended, with its key; answers `false` for one that has not. */
  forget(job: string): Promise<boolean>;
}
