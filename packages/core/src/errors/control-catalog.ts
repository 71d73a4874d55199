import type { ErrorKind } from "./error-kind.ts";

/** The error codes of jobs that are managed from elsewhere, with their kinds and sentences. */
export const controlErrors = {
  JOB_UNKNOWN: {
    kind: "usage",
    text: (f: { readonly name: string; readonly known: readonly string[] }) =>
      `No job of the name "${f.name}" may be submitted here. ${f.known.length === 0 ? "None may" : `These may: ${f.known.join(", ")}`}. Jobs are found by their name among those that the manager was started with, never by a path.`,
  },
  JOB_PARAMS_INVALID: {
    kind: "usage",
    text: (f: { readonly name: string; readonly problems: readonly string[] }) =>
      `Job "${f.name}" refuses its parameters:${f.problems.map((problem) => `\n  - ${problem}`).join("")}`,
  },
  SUBMISSION_CONFLICT: {
    kind: "usage",
    text: (f: { readonly submissionKey: string; readonly name: string; readonly job: string | null }) =>
      `The submission key "${f.submissionKey}" belongs to another submission, of "${f.name}"${f.job === null ? "" : ` (job ${f.job})`}, or to one with other parameters. Use a key for one submission and its repetitions only.`,
  },
  FORBIDDEN: {
    kind: "usage",
    text: (f: { readonly operation: string; readonly principal: string; readonly role: string }) =>
      `"${f.principal}" may not do "${f.operation}", and nothing was changed. It takes the role "${f.role}", which whoever runs the job manager gives.`,
  },
  HUB_UNAVAILABLE: {
    kind: "unavailable",
    text: (f: { readonly hub: string; readonly problem: string; readonly waitedMs: number }) =>
      `The hub at ${f.hub} cannot be reached: ${f.problem}${f.waitedMs === 0 ? "" : `, after ${f.waitedMs} ms`}. Look whether its process runs and can be connected to from here; what was asked may have been done.`,
  },
  HUB_REFUSED: {
    kind: "usage",
    text: (f: { readonly hub: string; readonly problem: string }) =>
      `The hub at ${f.hub} has refused the connection: ${f.problem}. It is not tried again.`,
  },
  SEAT_LOST: {
    kind: "cancelled",
    text: (f: { readonly seat: string; readonly epoch: number; readonly why: string }) =>
      `Holder ${f.epoch} of "${f.seat}" has lost its seat in the job channel: ${f.why}. What it still does there is refused.`,
  },
  CHANNEL_CLOSED: {
    kind: "closed",
    text: (f: { readonly operation: string }) => `The job channel is closed, so ${f.operation} is refused.`,
  },
  WORKER_LOST: {
    kind: "unavailable",
    text: (f: { readonly worker: string; readonly why: string }) =>
      `Worker "${f.worker}" does not go on with it: ${f.why}. What it had is placed elsewhere.`,
  },
  NO_WORKER: {
    kind: "unavailable",
    text: (f: {
      readonly node: string;
      readonly name: string;
      readonly timeoutMs: number;
      readonly workers: readonly string[];
    }) =>
      `No worker has taken "${f.node}" of job "${f.name}" within ${f.timeoutMs} ms. ${f.workers.length === 0 ? "None is there: start one, with this manager's channel" : `Those that are there:${f.workers.map((worker) => `\n  - ${worker}`).join("")}\nStart another one, or give them more slots`}.`,
  },
  JOB_VERSION_MISMATCH: {
    kind: "usage",
    text: (f: {
      readonly name: string;
      readonly worker: string;
      readonly digest: string;
      readonly expected: string;
    }) =>
      `Worker "${f.worker}" has another version of job "${f.name}" than its manager: ${f.digest}, not ${f.expected}. Deploy the same version to both.`,
  },
  JOB_MANAGER_SILENT: {
    kind: "unavailable",
    text: (f: { readonly operation: string; readonly timeoutMs: number; readonly submissionKey?: string }) =>
      `No job manager has answered "${f.operation}" within ${f.timeoutMs} ms; it may be done or still be done. Look whether one runs, then repeat it${f.submissionKey === undefined ? "" : ` with the submissionKey "${f.submissionKey}"`}.`,
  },
  JOB_MANAGER_BUSY: {
    kind: "full",
    text: (f: { readonly limit: number }) =>
      `The job manager is at work on ${f.limit} commands, its limit, and has not begun this one. Repeat it later.`,
  },
  NOT_JSON: {
    kind: "usage",
    text: (f: { readonly path: string; readonly got: string }) =>
      `A message of a job channel is no JSON: "${f.path}" is ${f.got}. Send null, booleans, finite numbers, strings, arrays and plain objects, at most 200 levels deep.`,
  },
  CONTROL_MESSAGE_INVALID: {
    kind: "protocol",
    text: (f: { readonly path: string; readonly problem: string }) =>
      `A message to or from a job manager is invalid at "${f.path}": ${f.problem}.`,
  },
} as const satisfies Record<string, { kind: ErrorKind; text: (facts: never) => string }>;
