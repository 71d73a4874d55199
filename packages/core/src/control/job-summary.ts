import { type WireError, withoutStack } from "../errors/wire-error.ts";
import type { Job } from "../job/job.ts";
import type { JobSummary } from "./job-control.ts";

const most = 20;
const longestText = 8192;

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
    ...(error === undefined ? {} : { error: boundedError(error) }),
  };
}

/** An error that fits a message: without stacks, and with nothing in it longer than 8,192 characters. */
export function boundedError(error: WireError): WireError {
  const { message, details, cause, ...rest } = withoutStack(error);
  const short = details !== undefined && JSON.stringify(details).length <= longestText;
  return {
    ...rest,
    message: message.slice(0, longestText),
    ...(short ? { details } : {}),
    ...(cause === undefined ? {} : { cause: boundedError(cause) }),
  };
}
