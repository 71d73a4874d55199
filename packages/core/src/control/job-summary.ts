import type { JsonObject } from "../errors/json.ts";
import { type WireError, withoutStack } from "../errors/wire-error.ts";
import type { Job } from "../job/job.ts";
import type { JobSummary } from "./job-control.ts";

const most = 20;
const longestText = 8192;
const longestName = 256;
const deepestCause = 3;

/** A job in short, whatever it is made of. */
export function summaryOf(job: Job, submissionKey: string): JobSummary {
  const { name, state, startedAt, durationMs, tasks, ledger, delivery, error } = job.report();
  return {
    job: job.id,
    name,
    submissionKey,
    state,
    startedAt,
    durationMs,
    tasks: tasks.length,
    ledger: { ...ledger, problems: ledger.problems.slice(0, most) },
    delivery: { ...delivery, reasons: delivery.reasons.slice(0, most) },
    ...(error === undefined ? {} : { error: boundedError(withoutStack(error)) }),
  };
}

/**
 * An error that fits a message: no text longer than 8,192 characters, the details without what is longer, no more than 20
 * of their problems, and no more than three causes deep.
 */
export function boundedError(error: WireError, depth = 0): WireError {
  const { name, message, details, cause, ...rest } = error;
  const kept = details === undefined ? undefined : boundedDetails(details);
  return {
    ...rest,
    name: name.slice(0, longestName),
    message: message.slice(0, longestText),
    ...(kept === undefined ? {} : { details: kept }),
    ...(cause === undefined || depth >= deepestCause ? {} : { cause: boundedError(cause, depth + 1) }),
  };
}

function boundedDetails(details: JsonObject): JsonObject {
  const entries = Object.entries(details).map(([key, value]) => {
    return [key, Array.isArray(value) ? value.slice(0, most) : value] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => JSON.stringify(value).length <= longestText));
}
