import { describe, expect, test } from "vitest";
import type { FakeOperator } from "../../test-support/fake-operator.ts";
import { data, setUp, stop, type TaskSetup } from "../../test-support/task-harness.ts";
import { CrashCounts } from "./crash-counts.ts";
import { faultRules } from "./on-error.ts";
import { sourceChannel } from "./source-inbox.ts";

const source = { channel: sourceChannel, inputIndex: 0, source: "map-2#0" };
const refuse = (): number => 99;
const closes = (operator: FakeOperator) => operator.calls.filter((call) => call === "close").length;

describe("a task that fails", () => {
  test("ends with the user's error as cause, closes once, and forwards neither its record nor a stop", async () => {
    const { task, operator, feed, start, sent } = setUp();
    const boom = new RangeError("boom");
    operator.onRecord = () => {
      throw boom;
    };
    await start();
    await feed(data(0, 0, "x"));

    expect(await task.done).toMatchObject({
      state: "failed",
      error: { code: "OPERATOR_FAILED", cause: boom },
    });
    expect([closes(operator), operator.calls.includes("finish"), sent]).toEqual([1, false, []]);
    expect(task.report().state).toBe("failed");
  });

  test.each([
    [
      "finish throws",
      (operator: FakeOperator) => (operator.onFinish = () => Promise.reject(new Error("no"))),
    ],
    [
      "close throws besides",
      (operator: FakeOperator) => {
        operator.onFinish = () => Promise.reject(new Error("no"));
        operator.onClose = () => Promise.reject(new Error("stuck"));
      },
    ],
  ])("closes once and sends no stop when %s", async (_, arrange) => {
    const { task, operator, feed, start, stops } = setUp();
    arrange(operator);
    await start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));

    expect(await task.done).toMatchObject({ state: "failed", error: { details: { phase: "finish" } } });
    expect([closes(operator), stops()]).toEqual([1, 0]);
  });

  test.each([
    ["a gap on a channel", data(0, 3, "x"), "PROTOCOL_VIOLATION"],
    ["an unknown channel", data(7, 0, "x"), "PROTOCOL_VIOLATION"],
  ])("keeps the kernel's error for %s", async (_, batch, code) => {
    const { task, operator, feed, start } = setUp();
    await start();
    await feed(batch);

    expect(await task.done).toMatchObject({ state: "failed", error: { code } });
    expect(closes(operator)).toBe(1);
  });

  test("fails when its close fails", async () => {
    const { task, operator, feed, start } = setUp();
    operator.onClose = () => Promise.reject(new Error("stuck"));
    await start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));

    expect(await task.done).toMatchObject({
      state: "failed",
      error: { code: "OPERATOR_FAILED", details: { phase: "close", reason: "Error: stuck" } },
    });
    expect(closes(operator)).toBe(1);
  });

  test.each([
    ["a source", { channels: [source], select: refuse }, data(sourceChannel, 0, "x")],
    ["any other task", { select: refuse }, data(0, 0, "x")],
  ])("leaves the input of %s open: another incarnation may follow", async (_, setup, batch) => {
    const { task, feed, start, closedInbox } = setUp(setup);
    await start();
    await feed(batch);

    expect(await task.done).toMatchObject({ state: "failed" });
    expect(closedInbox()).toBe(0);
  });

  test("fires the signal of its function with its error", async () => {
    const { task, operator, feed, start } = setUp();
    await start();
    await feed(data(0, 3, "x"));
    await task.done;

    expect(operator.signal?.reason).toMatchObject({ code: "PROTOCOL_VIOLATION" });
  });
});

describe("whether a restart might help a task that has failed", () => {
  const failing = (operator: FakeOperator) => {
    operator.onRecord = () => {
      throw new Error("no");
    };
  };
  const outcome = async (setup: TaskSetup, batch = data(0, 0, "x"), arrange = failing) => {
    const harness = setUp(setup);
    arrange(harness.operator);
    await harness.start();
    await harness.feed(batch);
    return harness.task.done;
  };
  const never = () => undefined;

  test("is answered with no where a record has failed whose policy is to fail", async () => {
    expect(await outcome({})).toMatchObject({ state: "failed", restartable: false });
  });

  test("is answered with yes where a record has failed whose policy is a restart, until there were enough", async () => {
    const faults = faultRules({ restarts: 2, onExhausted: "fail" });
    const crashes = new CrashCounts();
    const outcomes = [];
    for (let n = 0; n < 3; n++) outcomes.push(await outcome({ faults, crashes }));

    expect(outcomes).toMatchObject([{ restartable: true }, { restartable: true }, { restartable: false }]);
  });

  test("is answered with no where the protocol was broken", async () => {
    expect(await outcome({}, data(0, 3, "x"), never)).toMatchObject({ restartable: false });
  });

  test("is answered with yes where the input has failed", async () => {
    const { task, start, inbox } = setUp();
    inbox.take = () => Promise.reject(new Error("torn"));
    await start();

    expect(await task.done).toMatchObject({ state: "failed", restartable: true });
  });

  test("is answered with yes where its end has failed", async () => {
    const { task, operator, feed, start } = setUp();
    operator.onFinish = () => Promise.reject(new Error("no"));
    await start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));

    expect(await task.done).toMatchObject({ state: "failed", restartable: true });
  });

  test("is answered with no where its close has failed, since everything is committed", async () => {
    const { task, operator, feed, start } = setUp();
    operator.onClose = () => Promise.reject(new Error("stuck"));
    await start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));

    expect(await task.done).toMatchObject({ state: "failed", restartable: false });
  });
});

describe("a task that cannot open", () => {
  test("names the phase and keeps the cause; its operator is closed once when it is released", async () => {
    const { task, operator } = setUp();
    const cause = new Error("no disk");
    operator.onOpen = () => Promise.reject(cause);

    await expect(task.open()).rejects.toMatchObject({
      code: "OPERATOR_FAILED",
      details: { phase: "open" },
      cause,
    });
    expect(await task.cancel()).toEqual({ state: "cancelled" });
    await task.cancel();
    expect(operator.calls).toEqual(["open", "close"]);
  });
});
