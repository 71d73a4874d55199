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
  ENTRY_UNREADABLE: {
    kind: "protocol",
    text: (f: { readonly queue: string; readonly problem: string }) =>
      `Queue "${f.queue}" has an entry that cannot be read: ${f.problem}. Somebody else writes there, or with another version.`,
  },
} as const satisfies Record<string, { kind: ErrorKind; text: (facts: never) => string }>;
