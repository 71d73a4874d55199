import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf } from "../contract/probes.ts";
import { assertJson, type TaskBench, type TaskPlan } from "./task-bench.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";
import { taskCase } from "./task-lab.ts";

const broken = new Error("broken");
const fail = (): never => {
  throw broken;
};

/** Ways to an end, with the calls that the operator gets on each. */
const ends: readonly {
  readonly by: string;
  readonly plan: TaskPlan;
  readonly act?: (bench: TaskBench) => unknown;
  readonly state: string;
  readonly phase?: string;
  readonly calls: readonly string[];
}[] = [
  {
    by: "the end of its input",
    plan: {},
    state: "completed",
    calls: ["open", "record a", "end of input 0", "finish", "close"],
  },
  {
    by: "a failing record",
    plan: { record: fail },
    state: "failed",
    phase: "execute",
    calls: ["open", "record a", "close"],
  },
  {
    by: "a record that fails later",
    plan: { record: async () => fail() },
    state: "failed",
    phase: "execute",
    calls: ["open", "record a", "close"],
  },
  {
    by: "a failing end of an input",
    plan: { endInput: fail },
    state: "failed",
    calls: ["open", "record a", "end of input 0", "close"],
  },
  {
    by: "a failing finish",
    plan: { finish: async () => fail() },
    state: "failed",
    phase: "finish",
    calls: ["open", "record a", "end of input 0", "finish", "close"],
  },
  {
    by: "a failing close",
    plan: { close: fail },
    state: "failed",
    phase: "close",
    calls: ["open", "record a", "end of input 0", "finish", "close"],
  },
  {
    by: "cancel",
    plan: { record: () => new Promise(() => undefined) },
    act: ({ task }) => task.cancel(),
    state: "cancelled",
    calls: ["open", "record a", "close"],
  },
  {
    by: "cancel, and a failing close",
    plan: { record: () => new Promise(() => undefined), close: fail },
    act: ({ task }) => task.cancel(),
    state: "cancelled",
    calls: ["open", "record a", "close"],
  },
];

/** The life of one task. */
export const taskLifeCases: readonly ContractCase<TaskFactorySubject>[] = [
  taskCase(
    "T-01",
    "a task goes through its states in order and ends once, whatever comes later",
    async (lab) => {
      const bench = await lab.bench();
      const { task } = bench;
      const states = [task.report().state];
      assert.ok(hasCode(await rejectionOf(async () => task.start()), "ILLEGAL_STATE"), "a start before open");
      await task.open();
      states.push(task.report().state);
      assert.ok(hasCode(await rejectionOf(() => task.open()), "ILLEGAL_STATE"), "a second open");
      task.start();
      states.push(task.report().state);
      assert.ok(hasCode(await rejectionOf(async () => task.start()), "ILLEGAL_STATE"), "a second start");
      await bench.stop();
      const outcome = await task.done;
      states.push(task.report().state);

      task.drain();
      task.resume();
      await task.pause();
      assert.equal(await task.cancel(), outcome);
      assert.equal(await task.done, outcome);
      assert.deepEqual(
        [...states, task.report().state, outcome.state],
        ["created", "starting", "running", "completed", "completed", "completed"],
      );
      assert.equal(task.id, "probe#0");
    },
  ),
  taskCase(
    "T-02",
    "the operator opens before the first record and closes once, on every way to an end",
    async (lab) => {
      for (const [n, { by, plan, act, state, phase, calls }] of ends.entries()) {
        const bench = await lab.bench(plan, `end-${n}`);
        await bench.stop("up#0", ["a"]);
        await bench.start();
        await lab.settle();
        await act?.(bench);
        const outcome = await bench.task.done;
        await bench.task.cancel();
        await lab.settle();

        assert.equal(outcome.state, state, `the end by ${by}`);
        assert.equal(bench.task.report().state, state, `the end by ${by}`);
        assert.deepEqual(bench.operator.calls, calls, `calls at the end by ${by}`);
        assert.equal(
          bench.stopsTo().length,
          state === "completed" || phase === "close" ? 1 : 0,
          `after ${by}`,
        );
        if (outcome.state !== "failed") continue;
        assert.ok(hasCode(outcome.error, "OPERATOR_FAILED"), String(outcome.error));
        assert.equal(outcome.error.cause, broken);
        assert.equal(outcome.error.details.node, `end-${n}#0`);
        if (phase !== undefined) assert.equal(outcome.error.details.phase, phase);
      }
    },
  ),
  taskCase(
    "T-30",
    "an operator that fails to open is reported and closed, and none of its records is touched",
    async (lab) => {
      for (const open of [fail, async () => fail()]) {
        const bench = await lab.bench({ open }, `open-${open.name}`);
        await bench.feed(["a"]);

        const refusal = await rejectionOf(() => bench.task.open());
        const outcome = await bench.task.cancel();

        assert.ok(hasCode(refusal, "OPERATOR_FAILED"), String(refusal));
        assert.equal(refusal.cause, broken);
        assert.equal(outcome.state, "cancelled");
        assert.deepEqual(bench.operator.calls, ["open", "close"]);
      }
      const never = await lab.bench({}, "never-opened");
      await never.task.cancel();
      assert.deepEqual(never.operator.calls, [], "an operator that was never opened is not closed");
    },
  ),
  taskCase("T-56", "closes its operator only when what it has in flight has settled", async (lab) => {
    for (const end of ["cancelled", "failed"]) {
      const atEnd: boolean[] = [];
      const record = (payload: unknown) =>
        payload === "bad"
          ? fail()
          : lab.sleep(50).then(() => atEnd.push(bench.operator.calls.includes("close")));
      const bench = await lab.started({ concurrency: 2, record }, end);
      await bench.feed(["good"]);
      await lab.sleep(5);

      if (end === "failed") await bench.feed(["bad"]);
      else await bench.task.cancel();
      await bench.task.done;

      assert.deepEqual(atEnd, [false], "it was closed while a record was in flight");
      assert.equal(bench.operator.calls.at(-1), "close");
    }
  }),
  taskCase(
    "T-06",
    "cancel fires the signal, starts no further record, and neither finishes nor stops what is behind",
    async (lab) => {
      for (const kind of ["gives up", "never settles"]) {
        const bench = await lab.started(
          {
            record: (_, ctx) =>
              new Promise((resolve) => {
                if (kind === "gives up") ctx.signal.addEventListener("abort", () => resolve("late"));
              }),
          },
          `cancel-${kind.length}`,
        );
        await bench.stop("up#0", ["a", "b"]);
        await lab.sleep(10);
        const before = lab.now;

        const outcome = await bench.task.cancel();

        assert.deepEqual(outcome, { state: "cancelled" });
        assert.equal(bench.operator.signal?.aborted, true);
        assert.ok(
          lab.now - before <= 5000,
          `a function that ${kind} is waited for for ${lab.now - before} ms`,
        );
        assert.deepEqual(bench.operator.calls, ["open", "record a", "close"]);
        assert.deepEqual(bench.sentTo(), []);
        assert.deepEqual(bench.stopsTo(), []);
      }
    },
  ),
  taskCase("T-17", "two tasks of one factory share nothing", async (lab) => {
    const [one, two] = [await lab.started({}, "one"), await lab.started({}, "two")];
    assert.notEqual(one.task, two.task);
    await one.stop("up#0", ["a"]);
    await one.completes();
    await lab.settle();

    assert.equal(two.task.report().state, "running");
    assert.deepEqual(two.operator.calls, ["open"]);
    await two.stop("up#0", ["b", "c"]);
    await two.completes();
    assert.deepEqual(one.sentTo(), ["a"]);
    assert.deepEqual(two.sentTo(), ["b", "c"]);
    assert.deepEqual([one.task.id, two.task.id], ["one#0", "two#0"]);
  }),
  taskCase("T-31", "the report is plain JSON, and its counts are the history", async (lab) => {
    const bench = await lab.started({
      inputs: [["up#0"], ["other#0"]],
      onError: "skip",
      record: (payload) => {
        if (payload === "bad") fail();
        return payload === "drop" ? undefined : payload;
      },
    });
    await bench.feed(["a", "bad", "drop", "b"]);
    await bench.feed(["c"], "other#0");
    await lab.settle();
    const running = bench.task.report();
    await bench.stop();
    await bench.stop("other#0");
    await bench.completes();

    const { id, step, state, ledger, sent, received, queue } = bench.task.report();
    assert.deepEqual(ledger, {
      received: 5,
      processed: 4,
      filtered: 1,
      emitted: 3,
      skipped: 1,
      deadLettered: 0,
      inFlight: 0,
    });
    assert.deepEqual([id, step, state], ["probe#0", "probe", "completed"]);
    assert.deepEqual([sent, received], [{ 100: 3 }, { 0: 4, 1: 1 }]);
    assert.deepEqual(queue, { size: 0, capacity: 100 });
    assert.deepEqual(running.ledger, ledger);
    assert.equal(typeof running.waitsFor, "string", "a task that waits says for what");
    assert.equal(bench.task.report().waitsFor, undefined);
    assertJson(bench.task.report());
  }),
  taskCase(
    "T-32",
    "a probe says idle only when the task waits for input with nothing in flight",
    async (lab) => {
      const bench = await lab.started({ record: (payload) => lab.sleep(100).then(() => payload) });
      await lab.settle();
      const before = await bench.task.probe();
      await bench.feed(numbers(2));
      await lab.sleep(50);
      const during = await bench.task.probe();
      await lab.sleep(500);
      const after = await bench.task.probe();
      await bench.stop();
      await bench.completes();

      assert.deepEqual(before, {
        idle: true,
        timers: false,
        outsideEnded: false,
        sent: { 100: 0 },
        received: { 0: 0 },
      });
      assert.equal(during.idle, false);
      assert.deepEqual(after, {
        idle: true,
        timers: false,
        outsideEnded: false,
        sent: { 100: 2 },
        received: { 0: 2 },
      });
      assert.equal((await bench.task.probe()).outsideEnded, true);
      assertJson(after);
    },
  ),
];
