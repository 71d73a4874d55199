import { describe, expect, test } from "vitest";
import { createHost, settle } from "../../test-support/fake-host.ts";
import type { FakeOperator } from "../../test-support/fake-operator.ts";
import { data, setUp, stop } from "../../test-support/task-harness.ts";
import { SourceInbox, sourceChannel } from "./source-inbox.ts";

const source = { channel: sourceChannel, inputIndex: 0, source: "map-2#0" };
const closes = (operator: FakeOperator) => operator.calls.filter((call) => call === "close").length;

describe("a task that is cancelled", () => {
  test("closes at once, without finishing and without a stop, and releases its input", async () => {
    const { task, operator, feed, start, stops, closedInbox } = setUp();
    await start();
    await feed(data(0, 0, "x"));

    expect(await task.cancel()).toEqual({ state: "cancelled" });
    expect(await task.cancel()).toEqual({ state: "cancelled" });
    await feed(data(0, 1, "y"));
    expect(operator.calls).toEqual(["open", "record x", "close"]);
    expect([task.report().state, stops(), closedInbox()]).toEqual(["cancelled", 0, 1]);
  });

  test("waits for an asynchronous record in flight before it closes, and sends nothing of it", async () => {
    const { task, operator, feed, start, sent } = setUp();
    let release: (value: unknown) => void = () => undefined;
    operator.onRecord = () => new Promise((resolve) => (release = resolve));
    await start();
    await feed(data(0, 0, "x", "y"));
    expect(task.report().waitsFor).toMatch(/its function/);

    const end = task.cancel();
    await settle();
    expect(closes(operator)).toBe(0);
    release("done");
    await end;
    await settle();
    expect([operator.calls, sent]).toEqual([["open", "record x", "close"], []]);
  });

  test("closes after a grace period when the record in flight never ends", async () => {
    const { task, operator, feed, start, host } = setUp();
    operator.onRecord = () => new Promise(() => undefined);
    await start();
    await feed(data(0, 0, "x"));
    const end = task.cancel();
    await settle();
    host.clock.advance(1000);

    expect(await end).toEqual({ state: "cancelled" });
    expect(closes(operator)).toBe(1);
  });

  test("tells its function through the signal", async () => {
    const { task, operator, start } = setUp();
    await start();
    await task.cancel();

    expect(operator.signal?.aborted).toBe(true);
    expect(operator.signal?.reason).toMatchObject({ code: "CANCELLED" });
  });

  test("before it was opened closes nothing", async () => {
    const { task, operator } = setUp();

    expect(await task.cancel()).toEqual({ state: "cancelled" });
    expect(operator.calls).toEqual([]);
  });

  test("settles done only after its operator was closed, also when it is cancelled meanwhile", async () => {
    const { task, operator, feed, start } = setUp();
    let release: () => void = () => undefined;
    let done = false;
    operator.onClose = () => new Promise((resolve) => (release = resolve));
    void task.done.then(() => {
      done = true;
    });
    await start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));
    expect(operator.calls.at(-1)).toBe("close");

    void task.cancel();
    await settle();
    expect(done).toBe(false);
    release();
    await task.done;
  });
});

describe("draining", () => {
  test("closes the input of a source, which then completes", async () => {
    let closed = 0;
    const reader = {
      poll: () => new Promise<unknown[]>((resolve) => (end = resolve)),
      close: () => closed++,
    };
    let end: (records: unknown[]) => void = () => undefined;
    const { clock } = createHost();
    const inbox = new SourceInbox("map-2#0", reader as never, clock);
    const { task, start } = setUp({ channels: [source], inbox });
    await start();
    task.drain();
    expect([task.report().state, closed]).toEqual(["draining", 1]);

    end([]);
    expect(await task.done).toEqual({ state: "completed" });
  });

  test("does not touch a task that is no source", async () => {
    const { task, start, closedInbox } = setUp();
    await start();
    task.drain();

    expect([task.report().state, closedInbox()]).toEqual(["running", 0]);
  });
});
