import * as z from "zod";
import { abortable } from "../host/abortable.ts";
import { parseOptions } from "../host/parse-options.ts";
import type { ProcessSample } from "../host/process-probe.port.ts";
import type { TaskMetrics } from "../job/job-metrics.ts";
import { isTerminal } from "../job/job-report.ts";
import type { JobControl, JobSummary, NumberedLogLine, Page, PageOptions } from "./job-control.ts";

/** How a job is watched. */
export interface WatchOptions {
  /** How long to wait from one look to the next, in ms; its end is told at once. Default 1000. */
  readonly everyMs?: number | undefined;
  /** Watches no longer; the iteration rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How a job stands, and what is new of it. */
export interface JobUpdate {
  readonly summary: JobSummary;
  /** What its tasks have measured so far, all of them. */
  readonly metrics: readonly TaskMetrics[];
  /** The process at the last report; `null` when none was made. */
  readonly process: ProcessSample | null;
  /** Lines of its log since the update before, without those that more than 1,000 others have followed meanwhile. */
  readonly lines: readonly NumberedLogLine[];
}

const optionsSchema = z.object({ everyMs: z.number().min(10, "expected 10 or more, in ms").default(1000) });

/** Entries of a page: as many as there may be. */
const limit = 1000;

/**
 * Watches a job until it has ended: its state, its figures and the new lines of its log, again and again. The last update is that of the
 * job that has ended. It goes on through lost connections and under the next manager, as long as one answers in time.
 *
 * @throws SageError `INVALID_OPTION`, and what the control throws; the signal's reason.
 */
export async function* watchJob(
  control: Pick<JobControl, "wait" | "metrics" | "logs">,
  job: string,
  { everyMs, signal }: WatchOptions = {},
): AsyncGenerator<JobUpdate, void, undefined> {
  const checked = parseOptions(optionsSchema, { everyMs });
  let timeoutMs = 0; // the first look is at once
  for (let after: string | undefined; ; timeoutMs = checked.everyMs) {
    signal?.throwIfAborted();
    const waited = control.wait(job, { timeoutMs });
    const summary = signal === undefined ? await waited : await abortable(waited, signal);
    let process: ProcessSample | null = null;
    const metrics = await allOf(async (page) => {
      const answer = await control.metrics(job, page);
      process = answer.process;
      return answer;
    });
    const lines = await allOf((page) => control.logs(job, page), after);
    after = lines.at(-1)?.id ?? after;
    yield { summary, metrics, process, lines };
    if (isTerminal(summary.state)) return;
  }
}

/** The entries of all pages behind an id. */
async function allOf<T>(ask: (page: PageOptions) => Promise<Page<T>>, from?: string): Promise<T[]> {
  const all: T[] = [];
  for (let after = from; ; ) {
    const { entries, next } = await ask({ after, limit });
    all.push(...entries);
    if (next === undefined) return all;
    after = next;
  }
}
