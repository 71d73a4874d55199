import type { MaybePromise } from "../src/host/maybe-promise.ts";
import { Batch } from "../src/packet/batch.ts";
import type { Delivery } from "../src/queue/queue.port.ts";
import { Connection } from "../src/routing/connection.ts";
import { CustomGroup } from "../src/routing/custom-group.ts";
import { Router } from "../src/routing/router.ts";
import { SingleGroup } from "../src/routing/single-group.ts";
import { queueCommitFactory } from "../src/state/queue-commit.ts";
import { BaseTask } from "../src/task/base-task.ts";
import type { TaskSpec } from "../src/task/task.port.ts";
import { createHost, settle } from "./fake-host.ts";
import { FakeOperator } from "./fake-operator.ts";

/** A task over a fake inbox, which `feed` fills, and one target, whose batches are in `sent`. */
export function setUp(more: Partial<TaskSpec> & { readonly select?: (payload: unknown) => number } = {}) {
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
    positionAfter: () => 0,
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

/** A batch of records. */
export const data = (channel: number, firstSeq: number, ...payloads: unknown[]) =>
  new Batch(channel, firstSeq, payloads);
/** The end of a channel. */
export const stop = (channel: number, firstSeq: number, source: string) =>
  new Batch(channel, firstSeq, [], undefined, undefined, { source, time: 0 });
