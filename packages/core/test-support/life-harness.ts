import type { Batch } from "../src/packet/batch.ts";
import { Connection } from "../src/routing/connection.ts";
import { Router } from "../src/routing/router.ts";
import { SingleGroup } from "../src/routing/single-group.ts";
import type { Commit } from "../src/state/commit.port.ts";
import { MemoryStateStore } from "../src/state/memory-state-store.ts";
import { CrashCounts } from "../src/task/crash-counts.ts";
import { faultRules } from "../src/task/on-error.ts";
import type { TaskSpec } from "../src/task/task.port.ts";
import { TaskInbox } from "../src/task/task-inbox.ts";
import { createHost } from "./fake-host.ts";
import { FakeOperator } from "./fake-operator.ts";
import { FakeQueue } from "./fake-queue.ts";
import { FakeTarget, setUp } from "./task-harness.ts";

/** A task through several incarnations: its input, its target and its store outlive them. */
export function createLife(common: Partial<TaskSpec> = {}, room = 1024) {
  const host = createHost();
  const queue = new FakeQueue();
  const inbox = new TaskInbox(queue, host.scheduler);
  const target = new FakeTarget(room);
  const store = new MemoryStateStore();
  const crashes = new CrashCounts();
  const settled = () => host.scheduler.settled();
  /** Begins an incarnation in the store alone. */
  const open = () => store.open({ node: "map-2#0", input: inbox, deadLetters: { write: () => undefined } });
  /** Makes the next incarnation, which goes on where the last commit stands; the one before must have ended. */
  const next = async (more: Partial<TaskSpec> = {}, wrap = (commit: Commit): Commit => commit) => {
    const commit = wrap(open());
    const { restored } = commit;
    if (commit.epoch > 1) await inbox.rewind(restored.position);
    const { sent } = restored;
    const connection = new Connection(
      { step: "next", index: 0, inputIndex: 0, keyed: true, channel: 8, queue: target },
      { records: sent.records(8), stopped: sent.stopped(8) },
    );
    const operator = new FakeOperator();
    const { task } = setUp({
      ...{ operator, inbox, commit, crashes, host, faults: faultRules({ restarts: 1000 }) },
      router: new Router([new SingleGroup("round-robin", connection)], undefined),
      ...common,
      ...more,
    });
    const start = async () => {
      await task.open();
      task.start();
      await settled();
    };
    return { task, operator, commit, start };
  };
  const feed = async (batch: Batch) => {
    queue.offer(batch);
    await settled();
  };
  const payloads = () => target.sent.flatMap((batch) => batch.payloads);
  /** The sequence numbers of everything that has arrived at the target, stop signals included. */
  const numbers = () =>
    target.sent.flatMap(({ firstSeq, elements }) => Array.from({ length: elements }, (_, i) => firstSeq + i));
  return { host, queue, inbox, target, store, crashes, open, next, feed, settled, payloads, numbers };
}
