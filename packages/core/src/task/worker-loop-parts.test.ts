import { describe, expect, test } from "vitest";
import { FakeOperator, GatedOperator } from "../../test-support/fake-operator.ts";
import { data, setUp, stop, type TaskSetup } from "../../test-support/task-harness.ts";
import { faultRules } from "./on-error.ts";

/** A task that takes four records at once, since its first units were quick; the next sequence number is 3. */
async function setUpGrown(more: TaskSetup = {}) {
  const operator = new GatedOperator();
  operator.atOnce = (record) => !String(record).startsWith("slow");
  const harness = setUp({ operator, ...more });
  await harness.start();
  await harness.feed(data(0, 0, "warm"));
  await harness.feed(data(0, 1, "warm", "warm"));
  const passed = async (ms: number) => {
    harness.host.clock.advance(ms);
    await harness.settled();
  };
  const end = async (record: string, ending: "ok" | "fail" = "ok") => {
    operator.end(record, ending);
    await harness.settled();
  };
  const seen = () => harness.payloads().slice(3);
  return { ...harness, operator, passed, end, seen };
}

describe("while a task waits with a record", () => {
  test("what it has done before becomes visible after maxBatchMs, up to the position behind it", async () => {
    const { feed, passed, seen, inbox, task } = await setUpGrown();
    await feed(data(0, 3, "a", "b", "slow", "c"));
    await passed(4);
    expect([seen(), inbox.positions.at(-1)]).toEqual([[], 3]);

    await passed(1);
    expect([seen(), inbox.positions.at(-1)]).toEqual([["a", "b"], 5]);
    expect(task.report().ledger).toMatchObject({ received: 7, processed: 5, emitted: 5, inFlight: 2 });
  });

  test("what it has done before a second wait in the same batch becomes visible too", async () => {
    const { feed, passed, end, seen } = await setUpGrown();
    await feed(data(0, 3, "a", "slow 1", "b", "slow 2"));
    await passed(5);
    await end("slow 1");
    expect(seen()).toEqual(["a"]);

    await passed(5);
    expect(seen()).toEqual(["a", "slow 1", "b"]);
  });

  test("what it has done becomes visible while a retry is due", async () => {
    const faults = faultRules({ retry: { attempts: 2, initialMs: 1000 }, onExhausted: "skip" });
    const operator = new FakeOperator();
    let failures = 0;
    operator.onRecord = (record) => {
      if (record === "bad" && failures++ === 0) throw new Error("not yet");
      return record;
    };
    const { feed, passed, seen, inbox } = await setUpGrown({ operator, faults });
    await feed(data(0, 3, "a", "bad", "b"));
    await passed(5);
    expect([seen(), inbox.positions.at(-1)]).toEqual([["a"], 4]);

    await passed(995);
    expect([seen(), inbox.positions.at(-1)]).toEqual([["a", "bad", "b"], 6]);
  });

  test("nothing is committed when nothing is done, however long it takes", async () => {
    const { feed, passed, inbox, host } = await setUpGrown();
    await feed(data(0, 3, "slow"));
    await passed(1000);

    expect(inbox.positions).toEqual([1, 3]);
    expect(host.clock.timers).toBe(0);
  });

  test("a part that waits for room holds up the rest, and then all goes out in order", async () => {
    const { feed, passed, end, seen, target, inbox } = await setUpGrown({ room: 4 });
    await feed(data(0, 3, "a", "b", "slow", "c"));
    await passed(5);
    await end("slow");
    expect([seen(), target.waiting]).toEqual([[], 1]);

    target.drain();
    await passed(0);
    target.drain();
    await passed(0);
    expect([seen(), inbox.positions.at(-1)]).toEqual([["a", "b", "slow", "c"], 7]);
  });

  test("quick waits, however many, cost no commit of their own", async () => {
    const { feed, end, passed, inbox } = await setUpGrown();
    await feed(data(0, 3, "slow 1", "slow 2", "slow 3"));
    for (const n of [1, 2, 3]) {
      await passed(1);
      await end(`slow ${n}`);
    }

    expect(inbox.positions).toEqual([1, 3, 6]);
  });
});

describe("a task that fails", () => {
  test("makes visible what came before the record that failed", async () => {
    const { feed, end, seen, inbox, task } = await setUpGrown();
    await feed(data(0, 3, "a", "b", "slow", "c"));
    await end("slow", "fail");

    expect(await task.done).toMatchObject({ state: "failed", error: { details: { position: "0:5" } } });
    expect([seen(), inbox.positions.at(-1)]).toEqual([["a", "b"], 5]);
    expect(task.report().ledger).toMatchObject({ received: 7, processed: 5, emitted: 5, inFlight: 2 });
  });

  test("keeps the counts of a batch that was done when the next one breaks the protocol", async () => {
    const { inbox, feed, end, seen, task } = await setUpGrown();
    await feed(data(0, 3, "slow"));
    inbox.offer(data(0, 4, "a", "b"));
    inbox.offer(data(1, 9, "out of order"));
    await end("slow");

    expect(await task.done).toMatchObject({ state: "failed", error: { code: "PROTOCOL_VIOLATION" } });
    expect([seen(), inbox.positions.at(-1)]).toEqual([["slow", "a", "b"], 6]);
    expect(task.report().ledger).toMatchObject({ processed: 6, emitted: 6, inFlight: 0 });
  });

  test("does not count a stop signal whose end of input failed", async () => {
    const { operator, feed, inbox, task } = await setUpGrown();
    operator.onEndInput = () => Promise.reject(new Error("no"));
    await feed(stop(1, 0, "a#1"));
    const end = stop(0, 5, "a#0");
    inbox.offer(data(0, 3, "a", "b"));
    await feed(end);

    expect(await task.done).toMatchObject({ state: "failed", error: { details: { reason: "Error: no" } } });
    expect(inbox.positions.at(-1)).toBe(6);
  });
});
