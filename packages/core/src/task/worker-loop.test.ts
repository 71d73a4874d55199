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
  onOpen: () => MaybePromise<void> = () => undefined;
  onRecord: (record: unknown) => unknown = (record) => record;
  onFinish: (out: RecordBuffer) => MaybePromise<boolean> = () => true;
  onClose: () => MaybePromise<void> = () => undefined;

  open() {
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
      wake?.({ batches: [], position: 0, done: true });
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

describe("a task that completes", () => {
  test("opens, processes, finishes, forwards the stop and closes, each once and in this order", async () => {
    const { task, operator, feed, start, sent, stops } = setUp();
    operator.onFinish = (out) => out.payloads.push("last") > 0;
    await start();
    await feed(data(0, 0, "x"));
    await feed(stop(0, 1, "a#0"));
    await feed(stop(1, 0, "a#1"));

    expect(await task.done).toEqual({ state: "completed" });
    expect(operator.calls).toEqual(["open", "record x", "finish", "close"]);
    expect(sent.map(({ firstSeq, payloads, stop: end }) => [firstSeq, payloads, end?.source])).toEqual([
      [0, ["x"], undefined],
      [1, ["last"], undefined],
      [2, [], "map-2#0"],
    ]);
    expect(stops()).toBe(1);
  });

  test("does not finish before every channel of every input has stopped", async () => {
    const { task, operator, feed, start, stops } = setUp();
    await start();
    await feed(stop(1, 0, "a#1"));
    await feed(stop(1, 1, "a#1"));
    expect(operator.calls).toEqual(["open"]);
    expect(task.report().waitsFor).toBe("input from a#0");

    await feed(data(0, 0, "late"));
    await feed(stop(0, 1, "a#0"));
    await task.done;
    expect(operator.calls).toEqual(["open", "record late", "finish", "close"]);
    expect(stops()).toBe(1);
  });

  test("finishes in as many parts as the operator needs", async () => {
    const { task, operator, feed, start, payloads } = setUp();
    let parts = 0;
    operator.onFinish = (out) => {
      out.payloads.push(`part ${++parts}`);
      return parts === 3;
    };
    await start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));
    await task.done;

    expect(payloads()).toEqual(["part 1", "part 2", "part 3"]);
  });

  test("routes what finish emits through a custom partitioner too", async () => {
    const { task, operator, feed, start, payloads } = setUp({ select: () => 0 });
    operator.onFinish = (out) => out.payloads.push("last") > 0;
    await start();
    await feed(stop(0, 0, "a#0"));
    await feed(stop(1, 0, "a#1"));

    expect(await task.done).toEqual({ state: "completed" });
    expect(payloads()).toEqual(["last"]);
  });

  test("reports a balanced ledger and what it sent and received", async () => {
    const { task, feed, start } = setUp();
    await start();
    await feed(data(0, 0, "x", "y"));
    await feed(data(1, 0, "z"));
    await feed(stop(0, 2, "a#0"));
    await feed(stop(1, 1, "a#1"));
    await task.done;

    expect(task.report()).toEqual({
      id: "map-2#0",
      step: "map-2",
      state: "completed",
      ledger: {
        received: 3,
        processed: 3,
        filtered: 0,
        emitted: 3,
        skipped: 0,
        deadLettered: 0,
        inFlight: 0,
      },
      sent: { 8: 3 },
      received: { 0: 2, 1: 1 },
    });
  });
});
