import { contendersIn } from "../../harness/contenders-in.ts";
import { OURS, type Row } from "../../harness/row.ts";
import type { CallCases } from "./call-cases.ts";

/** One call at a time, and 64 callers at a time, of a method that answers at once and of one that answers a promise. */
export const callRows: readonly Row[] = [
  callRow("call-sync-1", "sync1", "a synchronous method, called when the call before it has been answered"),
  callRow("call-sync-64", "sync64", "a synchronous method, called by 64 callers, each one call at a time"),
  callRow("call-async-1", "async1", "an async method, called when the call before it has been answered"),
  callRow("call-async-64", "async64", "an async method, called by 64 callers, each one call at a time"),
];

function callRow(id: string, caseName: keyof CallCases, title: string): Row {
  const contender = contendersIn(import.meta.url, caseName);
  return {
    id,
    title,
    unit: "calls/s",
    contenders: [
      contender(OURS, 500_000),
      contender("ours-intercepted", 100_000, ["@sage-kernel/core", "@sage-kernel/adapter-local"]),
      contender("moleculer", 1_000_000, ["moleculer"]),
      contender("async-function", 5_000_000),
    ],
    targets: [{ vs: "moleculer", atLeast: 1 }],
  };
}
