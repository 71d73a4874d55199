import { describe, expect, test } from "vitest";
import { GatedOperator } from "../../test-support/fake-operator.ts";
import { data, setUp, type TaskSetup } from "../../test-support/task-harness.ts";

async function setUpStarted(more: TaskSetup = {}) {
  const operator = new GatedOperator();
  const channels = [{ channel: 0, inputIndex: 0, source: "a#0" }];
  const harness = setUp({ operator, channels, concurrency: 3, ...more });
  await harness.start();
  const end = async (record: unknown, ending: "ok" | "fail" = "ok") => {
    operator.end(record, ending);
    await harness.settled();
  };
  const flying = () => [...operator.flying.keys()];
  return { ...harness, operator, end, flying };
}

describe("a concurrent step", () => {
  test("takes more while records are in flight, up to its concurrency", async () => {
    const { feed, flying } = await setUpStarted();
    for (let n = 0; n < 5; n++) await feed(data(0, n, n));

    expect(flying()).toEqual([0, 1, 2]);
  });

  test("commits the settled prefix as it grows, up to the position behind it", async () => {
    const { feed, end, payloads, inbox } = await setUpStarted();
    for (let n = 0; n < 3; n++) await feed(data(0, n, n));
    await end(1);
    expect([payloads(), inbox.positions]).toEqual([[], []]);

    await end(0);
    expect([payloads(), inbox.positions]).toEqual([[0, 1], [2]]);
  });

  test("without order commits outputs as they come, and the position of the prefix only", async () => {
    const { feed, end, payloads, inbox } = await setUpStarted({ ordered: false });
    for (let n = 0; n < 3; n++) await feed(data(0, n, n));
    await end(1);
    expect([payloads(), inbox.positions]).toEqual([[1], []]);

    await end(0);
    expect([payloads(), inbox.positions]).toEqual([[1, 0], [2]]);
  });

  test("fails with the records before the one that failed committed", async () => {
    const { feed, end, task, payloads, inbox } = await setUpStarted();
    for (let n = 0; n < 3; n++) await feed(data(0, n, n));
    await end(1, "fail");
    await end(2);
    expect(task.report().state).toBe("running");

    await end(0);
    expect(await task.done).toMatchObject({ state: "failed", error: { details: { position: "0:1" } } });
    expect([payloads(), inbox.positions]).toEqual([[0], [1]]);
  });

  test("fails when its input closes under it, instead of asking again and again", async () => {
    const { feed, inbox, settled, task, operator, end } = await setUpStarted();
    await feed(data(0, 0, 0));
    let takes = 0;
    const take = inbox.take.bind(inbox);
    inbox.take = (max) => {
      if (++takes > 100) throw new Error("it spins");
      return take(max);
    };
    inbox.close();
    await settled();
    expect(operator.calls.at(-1)).not.toBe("close"); // not while a record is in flight
    await end(0);

    expect(await task.done).toMatchObject({ state: "failed", error: { code: "QUEUE_CLOSED" } });
    expect(operator.calls.at(-1)).toBe("close");
  });

  test("fails when a further delivery breaks the protocol", async () => {
    const { feed, task, end } = await setUpStarted();
    await feed(data(0, 0, 0));
    await feed(data(0, 5, 5));
    await end(0);

    expect(await task.done).toMatchObject({ state: "failed", error: { code: "PROTOCOL_VIOLATION" } });
  });

  test("starts no more than fits its window while a commit waits for room", async () => {
    const { feed, end, flying, target, payloads, inbox, settled } = await setUpStarted({ room: 1 });
    for (let n = 0; n < 12; n++) await feed(data(0, n, n));
    for (let n = 0; n < 12; n++) await end(n);
    expect(flying()).toEqual([]);
    expect(target.waiting).toBe(1);
    expect(inbox.size()).toBeGreaterThan(12 - 7);

    for (let turn = 0; turn < 40; turn++) {
      target.drain();
      await settled();
      for (const n of flying()) await end(n);
    }
    expect(payloads()).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  test("leaves a hook or a record that is in flight behind when the task is cancelled", async () => {
    const { feed, end, task, payloads, host, settled } = await setUpStarted();
    await feed(data(0, 0, 0));
    const cancelled = task.cancel();
    await settled();
    host.clock.advance(1000);
    expect(await cancelled).toEqual({ state: "cancelled" });

    await end(0);
    expect(payloads()).toEqual([]);
  });
});
