import type { Delivery } from "../graph/delivery.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { Host } from "../host/host.ts";
import type { EnvironmentLog } from "../host/log-files.port.ts";
import type { LoggedLine, LogTail } from "../host/log-tail.ts";
import type { DeadLetterStore } from "../state/dead-letter-store.ts";
import type { Gathered } from "../state/gathered.ts";
import type { JobReport } from "./job-report.ts";
import type { ProcessReports } from "./process-reports.ts";

/** A line of a job's log, from its manager or one of its workers. */
export interface JobLogLine extends LoggedLine {
  /** Name of the worker; left out where the line is from the job's own process. */
  readonly worker?: string;
}

/** What a job logs. */
export interface JobLog extends Pick<EnvironmentLog, "close"> {
  /** The last lines at level info and above. */
  readonly lines: LogTail<JobLogLine>;
}

/** What a job is made of. */
export interface JobScope {
  readonly id: string;
  readonly graph: ExecutionGraph;
  readonly delivery: Delivery;
  /** The machine, with the job's log. */
  readonly host: Host;
  readonly deadLetters: DeadLetterStore;
  readonly results: ReadonlyMap<string, Gathered>;
  /** What tells the environment from others. */
  readonly owner: object;
  readonly reports: ProcessReports;
  readonly log: JobLog;
  /** Whether it is paused from its beginning. */
  readonly paused: boolean;
  /** Called with its report when it has ended; its end waits for that. */
  readonly onEnd: (report: JobReport) => Promise<void>;
}
