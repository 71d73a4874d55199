import { describe, expect, test } from "vitest";
import { GatedOperator } from "../../test-support/fake-operator.ts";
import { data, setUp, stop, type TaskSetup } from "../../test-support/task-harness.ts";

const one = [{ channel: 0, inputIndex: 0, source: "a#0" }];

/** A started task, with a pause that tells whether it has resolved. */
async function setUpStarted(more: TaskSetup = {}) {
  const operator = new GatedOperator();
  const harness = setUp({ operator, channels: one, ...more });
  await harness.start();
  const pause = async () => {
    const state = { still: false };
    void harness.task.pause().then(() => {
      state.still = true;
    });
    await harness.settled();
    return state;
  };
  const resume = async () => {
    harness.task.resume();
    await harness.settled();
  };
  const end = async (record: unknown) => {
    operator.end(record);
    await harness.settled();
  };
  return { ...harness, operator, pause, resume, end };
}

describe("a task that is paused", () => {
  test("while it waits for input stands still at once, and takes nothing until it is resumed", async () => {
    const { pause, resume, feed, operator, end, payloads } = await setUpStarted();
    const pausing = await pause();
    expect(pausing.still).toBe(true);

    await feed(data(0, 0, "x"));
    expect(operator.flying.size).toBe(0);
    await resume();
    await end("x");
    expect(payloads()).toEqual(["x"]);
  });

  test("before its first step takes nothing", async () => {
    const { task, operator, settled, inbox, start } = setUp({ channels: one });
    void task.pause();
    inbox.offer(data(0, 0, "x"));
    await start();
    await settled();
    expect([operator.calls, task.report().waitsFor]).toEqual([["open"], "resume(): the job is paused"]);

    task.resume();
    await settled();
    expect(operator.calls).toEqual(["open", "record x"]);
  });

  test.each([1, 2])("lets the records in flight end first, with concurrency %i", async (concurrency) => {
    const { pause, feed, end, payloads } = await setUpStarted({ concurrency });
    await feed(data(0, 0, "x"));
    const pausing = await pause();
    expect(pausing.still).toBe(false);

    await end("x");
    expect([pausing.still, payloads()]).toEqual([true, ["x"]]);
  });

  test("starts none of the records that wait behind those in flight", async () => {
    const { pause, resume, feed, end, operator } = await setUpStarted({ concurrency: 2 });
    await feed(data(0, 0, "w"));
    await feed(data(0, 1, "x", "y", "z"));
    await pause();
    await end("w");
    await end("x");
    expect([...operator.flying.keys()]).toEqual([]);

    await resume();
    expect([...operator.flying.keys()]).toEqual(["y", "z"]);
  });

  test("while it waits for room stands still at once, and what waits still goes out", async () => {
    const { pause, resume, feed, end, target, payloads } = await setUpStarted({ room: 1 });
    await feed(data(0, 0, "x", "y"));
    await end("x");
    await end("y");
    expect(target.waiting).toBe(1);
    const pausing = await pause();
    expect(pausing.still).toBe(true);

    target.drain();
    await resume();
    expect(payloads()).toEqual(["x", "y"]);
  });

  test("twice lets both who paused it know, and goes on with one resume", async () => {
    const { pause, resume, feed, end, payloads } = await setUpStarted();
    await feed(data(0, 0, "x"));
    const pauses = [await pause(), await pause()];
    await end("x");
    expect(pauses.map(({ still }) => still)).toEqual([true, true]);

    await resume();
    await resume();
    await feed(data(0, 1, "y"));
    await end("y");
    expect(payloads()).toEqual(["x", "y"]);
  });

  test("and resumed before it stood still keeps nobody waiting", async () => {
    const { pause, resume, feed } = await setUpStarted();
    await feed(data(0, 0, "x"));
    const pausing = await pause();
    await resume();

    expect(pausing.still).toBe(true);
  });

  test("keeps nobody waiting when it is cancelled, fails or ends", async () => {
    const cancelled = await setUpStarted();
    await cancelled.feed(data(0, 0, "x"));
    const first = await cancelled.pause();
    const cancelling = cancelled.task.cancel();
    await cancelled.settled();
    expect(first.still).toBe(true);
    await cancelled.end("x");
    await cancelling;

    const failing = await setUpStarted();
    await failing.feed(data(0, 0, "x"));
    const second = await failing.pause();
    failing.operator.end("x", "fail");
    await failing.task.done;
    expect(second.still).toBe(true);
    await failing.task.pause();
  });

  test("in its finish stands still at once and ends all the same", async () => {
    const { task, operator, feed, pause } = await setUpStarted();
    let release: (done: boolean) => void = () => undefined;
    operator.onFinish = () => new Promise((resolve) => (release = resolve));
    await feed(stop(0, 0, "a#0"));
    const pausing = await pause();
    expect(pausing.still).toBe(true);

    release(true);
    expect(await task.done).toEqual({ state: "completed" });
  });

  test("tells the watch of its loop again that it waits, once it is resumed", async () => {
    let idle = 0;
    const { pause, resume } = await setUpStarted({ onIdle: () => idle++ });
    await pause();
    const before = idle;
    await resume();

    expect(idle).toBe(before + 1);
  });
});
