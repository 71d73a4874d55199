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

  test("closes a source whose own output failed", async () => {
    const { task, feed, start, closedInbox } = setUp({
      channels: [source],
      select: () => 99,
    });
    await start();
    await feed(data(sourceChannel, 0, "x"));

    expect(await task.done).toMatchObject({ state: "failed" });
    expect(closedInbox()).toBeGreaterThan(0);
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
