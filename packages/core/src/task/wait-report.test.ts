import { describe, expect, test } from "vitest";
import { FakeOperator, GatedOperator } from "../../test-support/fake-operator.ts";
import { data, setUp, stop, type TaskSetup } from "../../test-support/task-harness.ts";
import { faultRules } from "./on-error.ts";
import { sourceChannel } from "./source-inbox.ts";

/** A task that is fed these records one by one, and what it then waits for. */
async function waiting(setup: TaskSetup, records: readonly unknown[] = [], ms = 0) {
  const harness = setUp(setup);
  await harness.start();
  for (const [n, record] of records.entries()) await harness.feed(data(0, n, record));
  const report = async (more = 0) => {
    harness.host.clock.advance(more);
    await harness.settled();
    return harness.task.report().waitsFor;
  };
  return { ...harness, report, waitsFor: await report(ms) };
}

describe("what a task waits for", () => {
  test("is its input, with the tasks that have not stopped", async () => {
    const { waitsFor, feed, report } = await waiting({});
    expect(waitsFor).toBe("input from a#0, a#1");

    await feed(stop(0, 0, "a#0"));
    expect(await report()).toBe("input from a#1");
  });

  test("is the next record of its source", async () => {
    const channels = [{ channel: sourceChannel, inputIndex: 0, source: "map-2#0" }];

    expect((await waiting({ channels })).waitsFor).toBe("the next record of its source");
  });

  test("is what comes back, for the head of a loop that nothing else feeds any more", async () => {
    const channels = [{ channel: 0, inputIndex: 0, source: "b#0", feedback: true }];
    const { feed, report } = await waiting({
      channels: [{ channel: 1, inputIndex: 0, source: "a#0" }, ...channels],
    });
    await feed(stop(1, 0, "a#0"));

    expect(await report()).toBe("the stop signals of its feedback loop");
  });

  test("is its function, with the record and since when", async () => {
    const { waitsFor } = await waiting({ operator: new GatedOperator() }, ["x"], 70);

    expect(waitsFor).toBe("its function, which has not settled record 0:0 for 70 ms");
  });

  test("is the oldest of several records in flight, and how many more there are", async () => {
    const setup = { operator: new GatedOperator(), concurrency: 3 };
    const { waitsFor } = await waiting(setup, ["x", "y", "z"], 70);

    expect(waitsFor).toBe("its function, which has not settled record 0:0 for 70 ms, and 2 more records");
  });

  test.each([1, 3])("is the next attempt at a record, with concurrency %i", async (concurrency) => {
    const operator = new FakeOperator();
    operator.onRecord = () => {
      throw new Error("no");
    };
    const faults = faultRules({ retry: { attempts: 3, initialMs: 500 } });
    const { waitsFor, report } = await waiting({ operator, faults, concurrency }, ["x"], 100);
    expect(waitsFor).toBe("attempt 2 at record 0:0, which is due in 400 ms");

    expect(await report(400)).toBe("attempt 3 at record 0:0, which is due in 1000 ms");
  });

  test("is room, with the inboxes that are full, how full, and since when", async () => {
    const { waitsFor } = await waiting({ room: 1 }, ["x", "y"], 30);

    expect(waitsFor).toBe("room in next#0 (its queue holds 1 of 1 records) for 30 ms");
  });

  test("is room for its dead letters, where the store of them is full", async () => {
    const operator = new FakeOperator();
    operator.onRecord = () => {
      throw new Error("no");
    };
    const faults = faultRules("deadLetter");
    const write = () => new Promise<void>(() => {});
    const { waitsFor } = await waiting({ operator, faults, write }, ["x"], 30);

    expect(waitsFor).toBe("room for its dead letters for 30 ms");
  });

  test("is room for its last outputs", async () => {
    const operator = new FakeOperator();
    operator.onFinish = (out) => out.payloads.push("last") > 0;
    const { feed, report } = await waiting({ operator, room: 1 }, ["x"]);
    await feed(stop(0, 1, "a#0"));
    await feed(stop(1, 0, "a#1"));

    expect(await report()).toBe("room for its last outputs in next#0 (its queue holds 1 of 1 records)");
  });

  test.each<[string, (operator: FakeOperator) => void]>([
    ["its finish(), which has not settled", (operator) => (operator.onFinish = () => new Promise(() => {}))],
    [
      "its onInputEnd(), which has not settled",
      (operator) => (operator.onEndInput = () => new Promise(() => {})),
    ],
    ["its close(), which has not settled", (operator) => (operator.onClose = () => new Promise(() => {}))],
  ])("is %s", async (sentence, arrange) => {
    const operator = new FakeOperator();
    arrange(operator);
    const { feed, report } = await waiting({ operator });
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));

    expect(await report()).toBe(sentence);
  });

  test("is its function after a cancel too, and nothing once it has ended", async () => {
    const operator = new GatedOperator();
    const { task, report } = await waiting({ operator }, ["x"]);
    const cancelled = task.cancel();
    expect(await report()).toBe("its function, which has not settled since the task was cancelled");

    operator.end("x");
    await cancelled;
    expect(await report()).toBeUndefined();
  });
});
