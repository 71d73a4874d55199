import { type BuildProblem, listProblems } from "./build-problem.ts";
import type { ErrorKind } from "./error-kind.ts";

/** The error codes of servers that keep queues and states, with their kinds and sentences. */
export const storeErrors = {
  STORE_UNAVAILABLE: {
    kind: "unavailable",
    text: (f: { readonly store: string; readonly problem: string; readonly waitedMs: number }) =>
      `${f.store} cannot be reached: ${f.problem}${f.waitedMs === 0 ? "" : `, after ${f.waitedMs} ms`}. Look whether the server runs and accepts connections from here; what was asked may have been done.`,
  },
  STORE_REFUSED: {
    kind: "failed",
    text: (f: { readonly store: string; readonly command: string; readonly message: string }) =>
      `${f.store} has refused ${f.command}: ${f.message}. Nothing was done. The message tells what to change at the server: its memory, its rights, or its version.`,
  },
  STORE_UNSUITABLE: {
    kind: "usage",
    text: (f: { readonly store: string; readonly problem: string; readonly remedy: string }) =>
      `${f.store} cannot be used: ${f.problem}. ${f.remedy}`,
  },
  STORE_TORN: {
    kind: "protocol",
    text: (f: { readonly store: string; readonly what: string }) =>
      `${f.store} holds a part of what was written at once to ${f.what}: it has replayed a torn transaction when it was started again. What is kept of the job cannot be trusted: begin it anew under another id. Permit BGREWRITEAOF, by which this is prevented, or use a server that drops torn transactions.`,
  },
  STORE_ROLLED_BACK: {
    kind: "unavailable",
    text: (f: { readonly store: string }) =>
      `${f.store} has been started again, or another server has taken its place: it may have lost the end of what it had answered. Every task starts over from what it has.`,
  },
  JOB_CHANGED: {
    kind: "usage",
    text: (f: { readonly job: string; readonly problems: readonly BuildProblem[] }) =>
      `Job "${f.job}" was begun by an earlier process and has not ended, and the pipeline it would go on with is another one:${listProblems(f.problems)}`,
  },
  STREAM_TRIMMED: {
    kind: "protocol",
    text: (f: { readonly stream: string; readonly behind: string; readonly entries: number }) =>
      `Stream "${f.stream}" has lost ${f.entries} entries behind ${f.behind} before they were read: whoever writes it removes them by count or by age. Let it keep more, or let this source remove what is done with trim: true; onGap: "goOn" goes on behind the gap.`,
  },
  STREAM_WRITER_REPLACED: {
    kind: "cancelled",
    text: (f: { readonly stream: string; readonly writer: string }) =>
      `Writer "${f.writer}" of stream "${f.stream}" was replaced by a later one of the same name. Nothing was written. One at a time may have that name.`,
  },
  STREAM_STAGING_LOST: {
    kind: "protocol",
    text: (f: { readonly stream: string; readonly transaction: string }) =>
      `The server of stream "${f.stream}" has lost the records of transaction ${f.transaction}, which were staged there before they were committed elsewhere. Keep the stream on the server that keeps the job's state, or give that server appendfsync always.`,
  },
  ENTRY_UNREADABLE: {
    kind: "protocol",
    text: (f: { readonly queue: string; readonly problem: string }) =>
      `Queue "${f.queue}" has an entry that cannot be read: ${f.problem}. Somebody else writes there, or with another version.`,
  },
} as const satisfies Record<string, { kind: ErrorKind; text: (facts: never) => string }>;
