import { describe, expect, test } from "vitest";
import { FakeOperator } from "../../test-support/fake-operator.ts";
import { data, setUp, stop } from "../../test-support/task-harness.ts";
import { Batch } from "../packet/batch.ts";

const channels = [
  { channel: 0, inputIndex: 0, source: "a#0" },
  { channel: 1, inputIndex: 0, source: "a#1" },
  { channel: 2, inputIndex: 1, source: "b#0" },
];

/** A task of two inputs whose `onInputEnd` hooks end when the test says so. */
async function setUpHooks(concurrency: number) {
  const operator = new FakeOperator();
  const hooks: (() => void)[] = [];
  operator.onEndInput = () => new Promise<void>((resolve) => void hooks.push(resolve));
  if (concurrency > 1) operator.onRecord = async (record) => record;
  const harness = setUp({ operator, channels, concurrency });
  await harness.start();
  const release = async () => {
    hooks.shift()?.();
    await harness.settled();
  };
  return { ...harness, operator, hooks, release };
}

describe.each([1, 3])("the end of an input, with concurrency %i", (concurrency) => {
  test("is told once per input, in order, and the stop signals behind it wait for it", async () => {
    const { task, operator, feed, release, inbox } = await setUpHooks(concurrency);
    const end = { source: "b#0", time: 0 };
    await feed(data(2, 0, "x"));
    await feed(new Batch(2, 1, ["y"], undefined, undefined, end));
    inbox.offer(data(0, 0, "z"));
    await feed(stop(0, 1, "a#0"));
    await feed(stop(1, 0, "a#1"));
    // A concurrent step has begun with the next record when the end of the input comes up.
    const ahead = concurrency > 1 ? ["record z"] : [];
    expect(operator.calls).toEqual(["open", "record x", "record y", "end of input 1", ...ahead]);
    expect(task.report().waitsFor).toBe("its onInputEnd(), which has not settled");

    await release();
    expect(operator.calls.slice(4)).toEqual(["record z", "end of input 0"]);
    await release();
    expect(await task.done).toEqual({ state: "completed" });
    expect(operator.calls.slice(6)).toEqual(["finish", "close"]);
  });

  test("counts in the position only when its hook has settled", async () => {
    const { feed, release, inbox, host, settled } = await setUpHooks(concurrency);
    await feed(data(2, 0, "x"));
    await feed(new Batch(2, 1, ["y"], undefined, undefined, { source: "b#0", time: 0 }));
    host.clock.advance(100);
    await settled();
    expect(inbox.positions.at(-1)).toBe(2);

    await release();
    expect(inbox.positions.at(-1)).toBe(3);
  });

  test("fails the task when its hook does, with what was done before it visible", async () => {
    const { task, operator, feed, payloads } = await setUpHooks(concurrency);
    const cause = new Error("no");
    operator.onEndInput = () => Promise.reject(cause);
    await feed(data(2, 0, "x"));
    await feed(new Batch(2, 1, ["y"], undefined, undefined, { source: "b#0", time: 0 }));

    expect(await task.done).toMatchObject({ state: "failed", error: { code: "OPERATOR_FAILED", cause } });
    expect(payloads()).toEqual(["x", "y"]);
  });
});
