import { describe, expect, test } from "vitest";
import { data, setUp, stop } from "../../test-support/task-harness.ts";

describe("a task that completes", () => {
  test("opens, processes, finishes, forwards the stop and closes, each once and in this order", async () => {
    const { task, operator, feed, start, sent, stops } = setUp();
    operator.onFinish = (out) => out.payloads.push("last") > 0;
    await start();
    await feed(data(0, 0, "x"));
    await feed(stop(0, 1, "a#0"));
    await feed(stop(1, 0, "a#1"));

    expect(await task.done).toEqual({ state: "completed" });
    expect(operator.calls).toEqual(["open", "record x", "end of input 0", "finish", "close"]);
    expect(sent.map(({ firstSeq, payloads, stop: end }) => [firstSeq, payloads, end?.source])).toEqual([
      [0, ["x"], undefined],
      [1, ["last"], undefined],
      [2, [], "map-2#0"],
    ]);
    expect(stops()).toBe(1);
  });

  test("does not finish before every channel of every input has stopped", async () => {
    const { task, operator, feed, start, stops } = setUp();
    await start();
    await feed(stop(1, 0, "a#1"));
    await feed(stop(1, 1, "a#1"));
    expect(operator.calls).toEqual(["open"]);
    expect(task.report().waitsFor).toBe("input from a#0");

    await feed(data(0, 0, "late"));
    await feed(stop(0, 1, "a#0"));
    await task.done;
    expect(operator.calls).toEqual(["open", "record late", "end of input 0", "finish", "close"]);
    expect(stops()).toBe(1);
  });

  test("finishes in as many parts as the operator needs", async () => {
    const { task, operator, feed, start, payloads } = setUp();
    let parts = 0;
    operator.onFinish = (out) => {
      out.payloads.push(`part ${++parts}`);
      return parts === 3;
    };
    await start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));
    await task.done;

    expect(payloads()).toEqual(["part 1", "part 2", "part 3"]);
  });

  test("routes what finish emits through a custom partitioner too", async () => {
    const { task, operator, feed, start, payloads } = setUp({ select: () => 0 });
    operator.onFinish = (out) => out.payloads.push("last") > 0;
    await start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));

    expect(await task.done).toEqual({ state: "completed" });
    expect(payloads()).toEqual(["last"]);
  });

  test("reports a balanced ledger and what it sent and received", async () => {
    const { task, feed, start } = setUp();
    await start();
    await feed(data(0, 0, "x", "y"));
    await feed(data(1, 0, "z"));
    await feed(stop(0, 2, "a#0"));
    await feed(stop(1, 1, "a#1"));
    await task.done;

    expect(task.report()).toEqual({
      id: "map-2#0",
      step: "map-2",
      state: "completed",
      ledger: {
        received: 3,
        processed: 3,
        filtered: 0,
        emitted: 3,
        skipped: 0,
        deadLettered: 0,
        inFlight: 0,
      },
      times: {
        busyMs: 0,
        blockedMs: 0,
        latencyMs: { p50: 0, p95: 0, p99: 0, max: 0 },
        errors: {},
      },
      restarts: 0,
      moving: false,
      queue: { size: 0, capacity: 1024 },
      sent: { 8: 3 },
      received: { 0: 2, 1: 1 },
    });
  });
});
