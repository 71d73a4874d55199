import { describe, expect, test } from "vitest";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { TaskReport } from "../task/task.port.ts";
import { balance, createReport } from "./job-report.ts";

const graph = {
  name: "orders",
  steps: [
    { id: "source-1", kind: "source" },
    { id: "sink-2", kind: "sink" },
  ],
  edges: [{ from: "source-1", to: "sink-2", inputIndex: 0, strategy: "round-robin", keyed: false }],
  channels: [{ id: 0, edge: 0, from: "source-1#0", to: "sink-2#0" }],
} as unknown as ExecutionGraph;

function task(id: string, ledger: Partial<TaskReport["ledger"]>, more: Partial<TaskReport> = {}): TaskReport {
  const zero = {
    received: 0,
    processed: 0,
    filtered: 0,
    emitted: 0,
    skipped: 0,
    deadLettered: 0,
    inFlight: 0,
  };
  const step = id.split("#")[0] as string;
  return { id, step, state: "completed", ledger: { ...zero, ...ledger }, sent: {}, received: {}, ...more };
}

const source = (sent: number) =>
  task(
    "source-1#0",
    { received: 10, processed: 10, emitted: sent },
    { sent: { 0: sent }, received: { "-1": 10 } },
  );
const sink = (received: number, ledger: Partial<TaskReport["ledger"]> = { received, processed: received }) =>
  task("sink-2#0", ledger, { received: { 0: received } });

describe("the ledger of a job", () => {
  test("balances when every task has decided and every channel has delivered", () => {
    expect(balance(graph, [source(10), sink(10)], true)).toEqual({
      received: 20,
      processed: 20,
      filtered: 0,
      emitted: 10,
      skipped: 0,
      deadLettered: 0,
      inFlight: 0,
      balanced: true,
      problems: [],
      read: 10,
      undelivered: 0,
    });
  });

  test("takes skipped and dead-lettered records for decided", () => {
    const decided = { received: 10, processed: 7, skipped: 2, deadLettered: 1 };

    expect(balance(graph, [source(10), sink(10, decided)], true).balanced).toBe(true);
  });

  test("does not balance at the end when a channel lost a record, and says which", () => {
    const ledger = balance(graph, [source(10), sink(9)], true);

    expect(ledger).toMatchObject({ balanced: false, undelivered: 1 });
    expect(ledger.problems).toEqual(["channel 0 from source-1#0 to sink-2#0 sent 10 and received 9 records"]);
  });

  test("does not balance at the end when a task has records in flight, and says which", () => {
    const ledger = balance(graph, [source(10), sink(10, { received: 10, processed: 8, inFlight: 2 })], true);

    expect(ledger).toMatchObject({ balanced: false, undelivered: 2, inFlight: 2 });
    expect(ledger.problems).toEqual(["task sink-2#0 has 2 records in flight"]);
  });

  test("lets records be queued or in flight while the job runs", () => {
    const ledger = balance(graph, [source(10), sink(6, { received: 6, processed: 4, inFlight: 2 })], false);

    expect(ledger).toMatchObject({ balanced: true, undelivered: 6 });
  });

  test("never balances when more arrived than was sent, or was decided than arrived", () => {
    expect(balance(graph, [source(10), sink(11)], false).problems).toHaveLength(1);
    const tooMany = sink(10, { received: 10, processed: 11, inFlight: -1 });
    expect(balance(graph, [source(10), tooMany], false).problems).toEqual([
      "task sink-2#0 has -1 records in flight",
    ]);
  });

  test("takes a task that never reported for one that sent and received nothing", () => {
    expect(balance(graph, [source(10)], true).balanced).toBe(false);
    expect(balance(graph, [], true)).toMatchObject({ balanced: true, read: 0 });
  });
});

describe("the report of a job", () => {
  const facts = { job: "orders-1", graph, startedAt: 1, durationMs: 2, tasks: [source(10), sink(9)] };

  test("is a JSON value with the error encoded", () => {
    const report = createReport({ ...facts, state: "failed", error: new RangeError("boom") });

    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({
      job: "orders-1",
      name: "orders",
      error: { name: "RangeError", message: "boom" },
    });
  });

  test("has no error when there was none", () => {
    expect("error" in createReport({ ...facts, state: "cancelled", error: undefined })).toBe(false);
  });

  test("demands delivery only of a job that completed", () => {
    const balanced = (["completed", "running", "failed", "cancelled"] as const).map(
      (state) => createReport({ ...facts, state, error: undefined }).ledger.balanced,
    );

    expect(balanced).toEqual([false, true, true, true]);
  });
});
