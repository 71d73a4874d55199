import { describe, expect, test } from "vitest";
import { taskReport } from "../../test-support/task-report.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { TaskReport } from "../task/task.port.ts";
import { balance, createReport } from "./job-report.ts";

const graph = {
  name: "orders",
  steps: [
    { id: "source-1", kind: "source" },
    { id: "sink-2", kind: "sink" },
  ],
  edges: [{ from: "source-1", to: "sink-2", strategy: "round-robin", output: "records" }],
  loops: [],
  channels: [{ id: 0, edge: 0, from: "source-1#0", to: "sink-2#0" }],
} as unknown as ExecutionGraph;

const source = (sent: number) =>
  taskReport(
    "source-1#0",
    { received: 10, processed: 10, emitted: sent },
    { sent: { 0: sent }, received: { "-1": 10 } },
  );
const sink = (received: number, ledger: Partial<TaskReport["ledger"]> = { received, processed: received }) =>
  taskReport("sink-2#0", ledger, { received: { 0: received } });

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

  test("counts what was redriven: it must arrive too", () => {
    const redriven = [{ to: "sink-2#0", channel: -2_000_000, sent: 2 }];
    const more = (arrived: number) => {
      const received = 10 + arrived;
      const arrivals = { 0: 10, "-2000000": arrived };
      return [source(10), taskReport("sink-2#0", { received, processed: received }, { received: arrivals })];
    };

    expect(balance(graph, more(2), true, redriven)).toMatchObject({ balanced: true, undelivered: 0 });
    expect(balance(graph, more(1), false, redriven)).toMatchObject({ balanced: true, undelivered: 1 });
    expect(balance(graph, more(1), true, redriven)).toMatchObject({
      balanced: false,
      problems: ["channel -2000000 of dead letters redriven to sink-2#0 sent 2 and received 1 records"],
    });
    expect(balance(graph, more(3), false, redriven).balanced).toBe(false);
  });

  test("takes a task that never reported for one that sent and received nothing", () => {
    expect(balance(graph, [source(10)], true).balanced).toBe(false);
    expect(balance(graph, [], true)).toMatchObject({ balanced: true, read: 0 });
  });
});

describe("the report of a job", () => {
  const delivery = { requested: "auto", level: "exactly-once", scope: "process", reasons: [] } as const;
  const tasks = [source(10), sink(9)];
  const facts = { job: "orders-1", graph, delivery, startedAt: 1, durationMs: 2, tasks };

  test("is a JSON value with the error encoded", () => {
    const report = createReport({ ...facts, state: "failed", error: new RangeError("boom") });

    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({
      job: "orders-1",
      name: "orders",
      delivery,
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

describe("what a task emits", () => {
  /** A step whose records go to one step and whose dead letters go to another, over two channels each. */
  const split = (strategy: string, letters: string, heads: readonly string[] = []) =>
    ({
      steps: [{ id: "map-1", kind: "map" }],
      edges: [
        { to: "sink-2", strategy, output: "records" },
        { to: "bad-3", strategy: letters, output: "deadLetters" },
      ],
      loops: heads.length > 0 ? [{ heads }] : [],
      channels: [0, 1, 2, 3].map((id) => {
        const edge = id >> 1;
        return { id, edge, from: "map-1#0", to: `${edge === 0 ? "sink-2" : "bad-3"}#${id & 1}` };
      }),
    }) as unknown as ExecutionGraph;

  /** Tasks between which so many records went over each channel. */
  const tasks = (emitted: number, deadLettered: number, sent: readonly number[]) => [
    taskReport(
      "map-1#0",
      { received: emitted + deadLettered, processed: emitted, emitted, deadLettered },
      { sent: Object.fromEntries(sent.entries()) },
    ),
    ...["sink-2#0", "sink-2#1", "bad-3#0", "bad-3#1"].map((id, channel) =>
      taskReport(id, {}, { received: { [channel]: sent[channel] as number } }),
    ),
  ];
  const problems = (graphOf: ExecutionGraph, ...facts: Parameters<typeof tasks>) =>
    balance(graphOf, tasks(...facts), true).problems;

  test.each(["round-robin", "hash", "least-loaded"])(
    "must go out once where it is spread by %s",
    (strategy) => {
      expect(problems(split(strategy, "round-robin"), 5, 0, [3, 2, 0, 0])).toEqual([]);
      expect(problems(split(strategy, "round-robin"), 5, 0, [3, 3, 0, 0])).toEqual([
        "task map-1#0 emitted 5 records and sent 6 to sink-2",
      ]);
      expect(problems(split(strategy, "round-robin"), 5, 0, [3, 1, 0, 0])).toHaveLength(1);
    },
  );

  test.each(["broadcast", "custom"])("must go out at least once where it is spread by %s", (strategy) => {
    expect(problems(split(strategy, "round-robin"), 5, 0, [5, 5, 0, 0])).toEqual([]);
    expect(problems(split(strategy, "round-robin"), 5, 0, [2, 2, 0, 0])).toHaveLength(1);
  });

  test("goes out on the edge of the dead letters when it is one", () => {
    expect(problems(split("hash", "round-robin"), 1, 3, [1, 0, 2, 1])).toEqual([]);
    expect(problems(split("hash", "round-robin"), 1, 3, [1, 0, 1, 1])).toEqual([
      "task map-1#0 emitted 3 dead letters and sent 2 to bad-3",
    ]);
    expect(problems(split("hash", "round-robin"), 1, 3, [1, 0, 2, 2])).toHaveLength(1);
  });

  test("goes to every instance of a step that has the dead letters broadcast", () => {
    expect(problems(split("hash", "broadcast"), 1, 3, [1, 0, 3, 3])).toEqual([]);
    expect(problems(split("hash", "broadcast"), 1, 3, [1, 0, 1, 1])).toHaveLength(1);
  });

  test("may stay behind as a dead letter at the head of a loop, where it came after the end", () => {
    expect(problems(split("hash", "round-robin", ["map-1"]), 1, 3, [1, 0, 1, 1])).toEqual([]);
    expect(problems(split("hash", "round-robin", ["map-1"]), 1, 0, [1, 1, 0, 0])).toHaveLength(1);
  });
});
