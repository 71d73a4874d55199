import { Batch } from "../src/packet/batch.ts";
import type { Delivery } from "../src/queue/queue.port.ts";
import { Connection } from "../src/routing/connection.ts";
import { CustomGroup } from "../src/routing/custom-group.ts";
import { Router } from "../src/routing/router.ts";
import { SingleGroup } from "../src/routing/single-group.ts";
import type { DeadLetterSink } from "../src/state/dead-letter.ts";
import { MemoryStateStore } from "../src/state/memory-state-store.ts";
import { BaseTask } from "../src/task/base-task.ts";
import { CrashCounts } from "../src/task/crash-counts.ts";
import { faultRules } from "../src/task/on-error.ts";
import type { TaskSpec } from "../src/task/task.port.ts";
import { TaskStats } from "../src/task/task-stats.ts";
import { createHost } from "./fake-host.ts";
import { FakeOperator } from "./fake-operator.ts";
import { FakeQueue } from "./fake-queue.ts";

/** What a test of a task may change. */
export interface TaskSetup extends Partial<TaskSpec> {
  /** Makes the router selective. */
  readonly select?: (payload: unknown) => number;
  /** Records that the target takes before puts wait. */
  readonly room?: number;
  /** Takes the dead letters of a commit. */
  readonly write?: DeadLetterSink["write"];
}

/** A task over a queue, which `feed` fills, and one target, whose batches are in `sent`. */
export function setUp({ select, room = 1024, write = () => undefined, ...spec }: TaskSetup = {}) {
  const host = createHost();
  const operator = new FakeOperator();
  const inbox = new FakeQueue();
  const settled = () => host.scheduler.settled();
  const feed = async (batch: Batch) => {
    inbox.offer(batch);
    await settled();
  };
  const target = new FakeTarget(room);
  const connection = new Connection({
    step: "next",
    index: 0,
    inputIndex: 0,
    keyed: true,
    channel: 8,
    queue: target,
  });
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
    collects: false,
    commit: new MemoryStateStore().open({
      node: "map-2#0",
      input: spec.inbox ?? inbox,
      deadLetters: { write },
    }),
    crashes: new CrashCounts(),
    stats: new TaskStats(),
    seesKeys: false,
    keyed: false,
    strategies: ["round-robin"],
    faults: faultRules("fail"),
    concurrency: 1,
    ordered: true,
    timeoutMs: undefined,
    limits: { maxBatch: 4, maxBatchMs: 5 },
    host,
    ...spec,
  });
  const start = async () => {
    await task.open();
    task.start();
    await settled();
  };
  const { sent } = target;
  const payloads = () => sent.flatMap((batch) => batch.payloads);
  const stops = () => sent.filter((batch) => batch.stop !== undefined).length;
  const closedInbox = () => inbox.closes;
  return { task, operator, inbox, target, feed, start, settled, sent, payloads, stops, host, closedInbox };
}

/** A queue that keeps what was put into it; `drain` makes room in it. */
export class FakeTarget extends FakeQueue {
  readonly sent: Batch[] = [];
  #puts = 0;

  override offer(batch: Batch): boolean {
    const taken = super.offer(batch);
    if (taken) this.sent.push(batch);
    return taken;
  }

  override async put(batch: Batch): Promise<void> {
    this.#puts++;
    await super.put(batch);
    if (!this.sent.includes(batch)) this.sent.push(batch);
    this.#puts--;
  }

  /** Puts that wait for room. */
  get waiting(): number {
    return this.#puts;
  }

  /** Takes everything out. */
  drain(): void {
    while (this.size() > 0) this.advance((this.take(Number.POSITIVE_INFINITY) as Delivery).position);
  }
}

/** A batch of records. */
export const data = (channel: number, firstSeq: number, ...payloads: unknown[]) =>
  new Batch(channel, firstSeq, payloads);
/** The end of a channel. */
export const stop = (channel: number, firstSeq: number, source: string) =>
  new Batch(channel, firstSeq, [], undefined, undefined, { source, time: 0 });
