import { describe, expect, test } from "vitest";
import type { Host } from "../host/host.ts";
import type { Logger } from "../host/logger.port.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import { MemoryMetrics } from "../host/memory-metrics.ts";
import { SeededRandom } from "../host/seeded-random.ts";
import type { Operator } from "../operator/operator.port.ts";
import { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { Connection } from "../routing/connection.ts";
import { CustomGroup } from "../routing/custom-group.ts";
import { Router } from "../routing/router.ts";
import { SingleGroup } from "../routing/single-group.ts";
import { queueCommitFactory } from "../state/queue-commit.ts";
import { BaseTask } from "./base-task.ts";
import { sourceChannel } from "./source-inbox.ts";
import type { TaskSpec } from "./task.port.ts";

const tick = () => new Promise<void>((resolve) => void setImmediate(resolve));
const settle = async () => {
  for (let i = 0; i < 10; i++) await tick();
};

function createHost(): Host & { readonly fire: () => void } {
  const timers: (() => void)[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;
  logger.child = () => logger;
  return {
    clock: {
      now: () => 0,
      monotonic: () => 0,
      setTimer: () => ({ clear: () => undefined }),
      sleep: () => new Promise((resolve) => timers.push(resolve)),
    },
    random: new SeededRandom(1),
    scheduler: { post: (step) => void setImmediate(() => step.run()), yield: tick },
    logger,
    ids: { next: (prefix) => `${prefix}-1` },
    metrics: new MemoryMetrics(),
    fire: () => {
      for (const wake of timers.splice(0)) wake();
    },
  };
}

/** An operator that emits every record, whose hooks the test replaces, and that notes what is called. */
class FakeOperator implements Operator {
  readonly calls: string[] = [];
  signal: AbortSignal | undefined;
  onOpen: () => MaybePromise<void> = () => undefined;
  onRecord: (record: unknown) => unknown = (record) => record;
  onFinish: (out: RecordBuffer) => MaybePromise<boolean> = () => true;
  onClose: () => MaybePromise<void> = () => undefined;

  open(ctx: { signal: AbortSignal }) {
    this.signal = ctx.signal;
    this.calls.push("open");
    return this.onOpen();
  }
  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: { index: number; answer: unknown }) {
    for (let i = from; i < to; i++) {
      cursor.index = i;
      const answer = this.invoke(batch.payloads[i]);
      if (answer instanceof Promise) {
        cursor.answer = answer;
        return;
      }
      out.payloads.push(answer);
    }
    cursor.index = to;
  }
  invoke(record: unknown) {
    this.calls.push(`record ${record}`);
    return this.onRecord(record);
  }
  apply(answer: unknown, _record: unknown, _key: unknown, out: RecordBuffer) {
    out.payloads.push(answer);
    return false;
  }
  undo(): void {}

  finish(out: RecordBuffer) {
    this.calls.push("finish");
    return this.onFinish(out);
  }
  close() {
    this.calls.push("close");
    return this.onClose();
  }
}

function setUp(more: Partial<TaskSpec> & { readonly select?: (payload: unknown) => number } = {}) {
  const host = createHost();
  const operator = new FakeOperator();
  const elements: Batch[] = [];
  let wake: ((delivery: Delivery) => void) | undefined;
  let closed = 0;
  const inbox = {
    take: (): MaybePromise<Delivery> => {
      const batch = elements.shift();
      if (batch !== undefined) return { batches: [batch], position: 0, done: false };
      if (closed > 0) return { batches: [], position: 0, done: true };
      return new Promise((resolve) => (wake = resolve));
    },
    advance: () => undefined,
    close: () => {
      closed++;
    },
  };
  const feed = async (batch: Batch) => {
    if (wake === undefined) elements.push(batch);
    else wake({ batches: [batch], position: 0, done: false });
    wake = undefined;
    await settle();
  };
  const sent: Batch[] = [];
  const descriptor = { capacity: 8 };
  const queue = { offer: (batch: Batch) => sent.push(batch) > 0, size: () => 0, descriptor } as never;
  const connection = new Connection({
    step: "next",
    index: 0,
    inputIndex: 0,
    keyed: false,
    channel: 8,
    queue,
  });
  const { select, ...spec } = more;
  const partitioner = { select: ({ payload }: { payload: unknown }) => select?.(payload) ?? 0 };
  const group = select
    ? new CustomGroup("custom", [connection], partitioner, "next", (p) => p)
    : new SingleGroup("round-robin", connection);
  const task = new BaseTask({
    id: "map-2#0",
    job: "job-1",
    step: "map-2",
    index: 0,
    parallelism: 1,
    operator,
    inbox,
    channels: [
      { channel: 0, inputIndex: 0, source: "a#0" },
      { channel: 1, inputIndex: 0, source: "a#1" },
    ],
    router: new Router([group], undefined),
    commits: queueCommitFactory,
    deadLetters: { write: () => undefined },
    onError: "fail",
    concurrency: 1,
    limits: { maxBatch: 4, maxBatchMs: 5 },
    host,
    ...spec,
  });
  const start = async () => {
    await task.open();
    task.start();
    await settle();
  };
  const payloads = () => sent.flatMap((batch) => batch.payloads);
  const stops = () => sent.filter((batch) => batch.stop !== undefined).length;
  return { task, operator, feed, start, sent, payloads, stops, host, closedInbox: () => closed };
}

const data = (channel: number, firstSeq: number, ...payloads: unknown[]) =>
  new Batch(channel, firstSeq, payloads);
const stop = (channel: number, firstSeq: number, source: string) =>
  new Batch(channel, firstSeq, [], undefined, undefined, { source, time: 0 });
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
    host.fire();

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
    const { task, feed, start, closedInbox } = setUp({ channels: [source] });
    await start();
    task.drain();
    expect([task.report().state, closedInbox()]).toEqual(["draining", 1]);

    await feed(stop(sourceChannel, 0, "map-2#0"));
    expect(task.report().state).not.toBe("running");
  });

  test("does not touch a task that is no source", async () => {
    const { task, start, closedInbox } = setUp();
    await start();
    task.drain();

    expect([task.report().state, closedInbox()]).toEqual(["running", 0]);
  });
});
