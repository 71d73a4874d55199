import type { PipelineOutcome } from "../command-line/outcome.ts";
import { jobFacts } from "../report/job-facts.ts";
import type { JobFacts } from "../report/job-lines.ts";
import { type Ranked, rank } from "../report/ranking.ts";
import type { AccessLogHandles, Tally } from "./pipeline.ts";

/** What the program says of a log; `--json` prints it as it is. */
export interface AccessLogResult extends JobFacts {
  /** Well-formed lines. */
  readonly records: number;
  /** Malformed lines. */
  readonly deadLetters: number;
  /** Bytes sent. */
  readonly bytes: number;
  /** Requests by status. */
  readonly status: Readonly<Record<string, number>>;
  /** Requests by day and hour, in the order of time. */
  readonly hours: Readonly<Record<string, number>>;
  /** Number of distinct addresses. */
  readonly addresses: number;
  /** Sessions of all addresses: requests of one address without a pause of more than 30 minutes. */
  readonly sessions: number;
  /** How often a task crashed and was restarted. */
  readonly restarts: number;
  /** Addresses with the most requests. */
  readonly topByRequests: readonly Ranked[];
  /** Addresses that got the most bytes. */
  readonly topByBytes: readonly Ranked[];
  /** Paths with the most requests. */
  readonly topPaths: readonly Ranked[];
}

/** Puts the result together from what the job collected, with lists of `top` entries. */
export function accessLogResult(outcome: PipelineOutcome<AccessLogHandles>, top: number): AccessLogResult {
  const { handles, job, report, interrupted } = outcome;
  const statuses = job.collected(handles.statuses);
  const addresses = job.collected(handles.addresses);
  const records = statuses.reduce((sum, { requests }) => sum + requests, 0);
  const deadLetters = job.deadLetters.size;
  return {
    records,
    deadLetters,
    bytes: statuses.reduce((sum, { bytes }) => sum + bytes, 0),
    status: countsByKey(statuses),
    hours: countsByKey(job.collected(handles.hours)),
    addresses: addresses.length,
    sessions: job.collected(handles.sessions).reduce((sum, { sessions }) => sum + sessions, 0),
    restarts: report.tasks.reduce((sum, { restarts }) => sum + restarts, 0),
    topByRequests: rank(addresses.map(requestsOf), top),
    topByBytes: rank(
      addresses.map(({ key, bytes }): Ranked => [key, bytes]),
      top,
    ),
    topPaths: rank(job.collected(handles.paths).map(requestsOf), top),
    ...jobFacts(report, interrupted, records + deadLetters),
  };
}

function requestsOf({ key, requests }: Tally): Ranked {
  return [key, requests];
}

function countsByKey(tallies: readonly Tally[]): Record<string, number> {
  return Object.fromEntries(tallies.map(requestsOf).sort(([a], [b]) => (a < b ? -1 : 1)));
}
