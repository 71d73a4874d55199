import { describe, expect, test } from "vitest";
import { data, setUp, stop } from "../../test-support/task-harness.ts";
import type { DeadLetter } from "../state/dead-letter.ts";

/** The head of a loop: one channel from outside, one that comes back. */
async function setUpHead() {
  const letters: DeadLetter[] = [];
  const harness = setUp({
    channels: [
      { channel: 0, inputIndex: 0, source: "a#0" },
      { channel: 1, inputIndex: 0, source: "c#0", feedback: true, loop: true },
    ],
    write: (more) => void letters.push(...more),
    onIdle: () => undefined,
  });
  await harness.start();
  return { ...harness, letters };
}

describe("the head of a feedback loop", () => {
  test("sends its stop signals when its inputs have ended, and stays until the loop has stopped behind it", async () => {
    const { task, operator, feed, stops } = await setUpHead();
    await feed(stop(0, 0, "a#0"));
    expect([operator.calls.at(-1), stops(), task.report().state]).toEqual(["finish", 1, "running"]);

    await feed(stop(1, 0, "c#0"));
    expect(await task.done).toEqual({ state: "completed" });
  });

  test("makes dead letters of what still comes round, and its ledger balances", async () => {
    const { task, feed, letters, inbox, operator } = await setUpHead();
    await feed(data(1, 0, "in time"));
    await feed(stop(0, 0, "a#0"));
    await feed(data(1, 1, "late", "later"));
    await feed(stop(1, 3, "c#0"));
    await task.done;

    expect(letters.map(({ record, reason, seq }) => [record, reason, seq])).toEqual([
      ["late", "late", 1],
      ["later", "late", 2],
    ]);
    expect(operator.calls.filter((call) => call.startsWith("record"))).toEqual(["record in time"]);
    expect(task.report().ledger).toMatchObject({ received: 3, processed: 1, deadLettered: 2, inFlight: 0 });
    expect(inbox.size()).toBe(0);
  });

  test("answers a probe with whether it waits, whether the outside has ended, and its counts", async () => {
    const { task, operator, feed, settled } = await setUpHead();
    expect(task.probe()).toEqual({
      idle: true,
      timers: false,
      outsideEnded: false,
      sent: { 8: 0 },
      received: { 0: 0, 1: 0 },
    });

    let release: (record: unknown) => void = () => undefined;
    operator.onRecord = () => new Promise((resolve) => (release = resolve));
    await feed(data(1, 0, "x"));
    expect(task.probe()).toMatchObject({ idle: false, received: { 1: 1 } });
    release("x");
    await settled();
    expect(task.probe()).toMatchObject({ idle: true, sent: { 8: 1 } });

    await task.pause();
    expect(task.probe()).toMatchObject({ idle: false });
  });
});
