import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { numbers } from "../contract/probes.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";
import { type TaskLab, taskCase } from "./task-lab.ts";

const broken = new Error("broken");

/** A function that fails for the record `bad`, the first so many times. */
function failing(times = Number.POSITIVE_INFINITY) {
  let failures = 0;
  return (payload: unknown): unknown => {
    if (payload === "bad" && failures++ < times) throw broken;
    return payload;
  };
}

/** The same, with a promise. */
const rejecting =
  (work: (payload: unknown) => unknown) =>
  async (payload: unknown): Promise<unknown> =>
    work(payload);

/** What a function takes 10 ms to do. */
const slowly =
  (lab: TaskLab, work: (payload: unknown) => unknown) =>
  async (payload: unknown): Promise<unknown> => {
    await lab.sleep(10);
    return work(payload);
  };

/** What a failing record does. */
export const taskFaultCases: readonly ContractCase<TaskFactorySubject>[] = [
  taskCase(
    "T-04",
    "a record that fails for good ends the task: those before it count, it and those behind it do not",
    async (lab) => {
      for (const [name, record] of [
        ["at-once", failing()],
        ["later", slowly(lab, failing())],
      ] as const) {
        const bench = await lab.bench({ record }, name);
        await bench.feed(numbers(7)); // larger units from here on
        await bench.stop("up#0", ["a", "b", "bad", "c"]);
        await bench.start();

        const error = await bench.failure();

        assert.ok(hasCode(error, "OPERATOR_FAILED"));
        assert.equal(error.cause, broken);
        assert.deepEqual(
          [error.details.node, error.details.phase, error.details.position],
          [`${name}#0`, "execute", "0:9"],
        );
        assert.deepEqual(bench.sentTo(), [...numbers(7), "a", "b"]);
        assert.equal(bench.inbox.size(), 2, "records that are not committed");
        assert.ok(!bench.operator.calls.includes("record c"));
        assert.deepEqual(bench.stopsTo(), []);
      }
    },
  ),
  taskCase(
    "T-33",
    "a failing record is left out and counted, or becomes a dead letter, and the others arrive",
    async (lab) => {
      for (const onError of ["skip", "deadLetter"] as const) {
        const bench = await lab.started({ record: failing(), onError }, onError.toLowerCase());
        await bench.feed(["a", "bad", "b"]);
        await bench.stop("up#0", ["c"]);
        await bench.completes();

        const { skipped, deadLettered, processed } = bench.task.report().ledger;
        const buried = onError === "deadLetter" ? 1 : 0;
        assert.deepEqual(bench.sentTo(), ["a", "b", "c"]);
        assert.deepEqual([processed, skipped, deadLettered], [3, 1 - buried, buried]);
        assert.equal(bench.letters.length, buried);
        for (const { record, reason, error, node, channel, seq, attempt } of bench.letters) {
          assert.deepEqual([record, reason, error.message], ["bad", "failed", "broken"]);
          assert.deepEqual([node, channel, seq, attempt], [`${onError.toLowerCase()}#0`, 0, 1, 1]);
        }
      }
    },
  ),
  taskCase(
    "T-34",
    "a record is tried again by the clock, and nothing behind it is touched before",
    async (lab) => {
      const onError = { retry: { attempts: 3, initialMs: 100, factor: 2 } };
      for (const [name, record] of [
        ["at-once", failing(2)],
        ["later", rejecting(failing(2))],
      ] as const) {
        const bench = await lab.started({ record, onError }, name);
        await bench.feed(["a", "bad", "b"]);
        for (const [ms, attempts] of [
          [99, 1],
          [100, 2],
          [99, 2],
          [1, 2],
        ] as const) {
          await lab.sleep(ms);
          assert.equal(bench.called("record bad").length, attempts, `attempts ${ms} ms later`);
          assert.ok(!bench.operator.calls.includes("record b"), "a record behind it");
          assert.deepEqual(bench.sentTo(), ["a"], "what was done before is visible meanwhile");
        }
        await bench.stop();
        await bench.completes();

        assert.equal(bench.called("record bad").length, 3);
        assert.deepEqual(bench.sentTo(), ["a", "bad", "b"]);
      }
    },
  ),
  taskCase(
    "T-35",
    "after its last attempt a record does what the policy says, and is counted once",
    async (lab) => {
      for (const onExhausted of ["fail", "skip", "deadLetter"] as const) {
        const onError = { retry: { attempts: 3, initialMs: 10 }, onExhausted };
        const bench = await lab.started({ record: failing(), onError }, onExhausted.toLowerCase());
        await bench.stop("up#0", ["a", "bad", "b"]);
        const { state } = await bench.task.done;

        assert.equal(state, onExhausted === "fail" ? "failed" : "completed");
        assert.equal(bench.called("record bad").length, 3);
        assert.deepEqual(bench.sentTo(), onExhausted === "fail" ? ["a"] : ["a", "b"]);
        assert.deepEqual(
          bench.letters.map(({ record, attempt }) => [record, attempt]),
          onExhausted === "deadLetter" ? [["bad", 3]] : [],
        );
        const { skipped, deadLettered } = bench.task.report().ledger;
        assert.equal(skipped + deadLettered, onExhausted === "fail" ? 0 : 1);
      }
    },
  ),
  taskCase("T-36", "errors that are not worth it are not tried again", async (lab) => {
    const retry = { attempts: 5, retryable: (error: unknown) => error !== broken };
    const bench = await lab.started({ record: failing(), onError: { retry, onExhausted: "skip" } });
    await bench.stop("up#0", ["bad", "a"]);
    await bench.completes();

    assert.equal(bench.called("record bad").length, 1);
    assert.deepEqual(bench.sentTo(), ["a"]);
    assert.equal(lab.now, 0);
  }),
  taskCase(
    "T-15",
    "a stop signal behind a record that waits for its next attempt is not forwarded before",
    async (lab) => {
      for (const [times, onExhausted] of [
        [1, "fail"],
        [9, "deadLetter"],
      ] as const) {
        const onError = { retry: { attempts: 2, initialMs: 1000 }, onExhausted };
        const bench = await lab.started({ record: failing(times), onError }, `after-${times}`);
        await bench.stop("up#0", ["a", "bad"]);
        await lab.sleep(999);

        assert.deepEqual(bench.stopsTo(), []);
        assert.deepEqual(bench.called("end"), []);
        assert.equal(bench.task.report().state, "running");
        await bench.completes();
        assert.deepEqual(bench.sentTo(), times === 1 ? ["a", "bad"] : ["a"]);
        assert.equal(bench.letters.length, times === 1 ? 0 : 1);
        assert.equal(bench.stopsTo().length, 1);
      }
    },
  ),
  taskCase("T-37", "a record past its time limit fails, and its own signal fires", async (lab) => {
    const signals: AbortSignal[] = [];
    const bench = await lab.started({
      timeoutMs: 50,
      onError: "deadLetter",
      record: (payload, ctx) => {
        signals.push(ctx.signal);
        return payload === "slow" ? new Promise(() => undefined) : lab.sleep(49).then(() => payload);
      },
    });
    await bench.stop("up#0", ["a", "slow", "b"]);
    await bench.completes();

    assert.deepEqual(bench.sentTo(), ["a", "b"]);
    assert.deepEqual(
      signals.map((signal) => signal.aborted),
      [false, true, false],
    );
    assert.deepEqual(
      bench.letters.map(({ record, error }) => [record, error.code]),
      [["slow", "RECORD_TIMEOUT"]],
    );
    assert.equal(lab.now, 49 + 50 + 49);
  }),
];
