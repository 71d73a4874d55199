import assert from "node:assert/strict";
import {
  absent,
  Batch,
  type ChannelMarks,
  type Commit,
  type CommitOutcome,
  Connection,
  type DeadLetter,
  type Output,
  type Queue,
  type StateKey,
  type TableChanges,
  TaskLedger,
  type TaskProgress,
  type UnitOfWork,
} from "@sage-kernel/core/spi";
import { numbers } from "../contract/probes.ts";

/** Keys and cells, given in turn, as entries of a table. */
export function pairs(...keysAndCells: readonly unknown[]): (readonly [StateKey, unknown])[] {
  const keys = keysAndCells.filter((_, i) => i % 2 === 0);
  return keys.map((key, i) => [key as StateKey, keysAndCells[2 * i + 1]]);
}

/** The changes of one table. */
export function changes(
  table: string,
  cells: readonly (readonly [StateKey, unknown])[],
  cleared = false,
): TableChanges {
  return { table, cleared, cells: new Map(cells) };
}

/** A batch on its way to a queue. */
export function outputTo(queue: Queue, batch: Batch): Output {
  const { channel } = batch;
  const target = { step: "target", index: 0, inputIndex: 0, keyed: false, channel, queue };
  return { queue, batch, connection: new Connection(target) };
}

/** A dead letter; `seq` tells it from others. */
export function letter(seq: number): DeadLetter {
  const error = { name: "Error", message: `record ${seq} failed` };
  const from = { node: "task#0", channel: 1, seq, attempt: 1, time: 0, key: undefined, headers: undefined };
  return { id: `task#0/1:${seq}`, record: `record ${seq}`, reason: "failed", error, ...from };
}

/** The stop signal of some task. */
export const stopSignal = { source: "task#0", time: 0 };

/**
 * All that a unit may hold, other than that of another `n`: it has a part in everything that a commit can change,
 * except that the task has not finished.
 */
export function everything(target: Queue, n: number): Partial<UnitOfWork> {
  const consumed = [
    new Batch(1, 10 * n, ["r", "s"]),
    new Batch(20 + n, n, [], undefined, undefined, stopSignal),
  ];
  const sent = [
    new Batch(2, 2 * n, [`a${n}`, `b${n}`]),
    new Batch(30 + n, n, [`c${n}`], undefined, undefined, stopSignal),
  ];
  return {
    position: { at: n },
    consumed,
    ahead: [[1, 10 * n + 5]],
    outputs: sent.map((batch) => outputTo(target, batch)),
    deadLetters: [letter(n)],
    collected: [`x${n}`, `y${n}`],
    state: [
      changes("sums", pairs("k", n, "before", absent)),
      changes("cleared", pairs(n, `cell ${n}`), true),
    ],
    handedOut: 3 * n,
    ledger: Object.assign(new TaskLedger(), {
      received: 10 * n,
      processed: 5 * n,
      filtered: n,
      emitted: 3 * n,
      skipped: n,
      deadLettered: n,
    }),
  };
}

/** A progress as plain data that does not move. */
export function viewOf(progress: TaskProgress) {
  const { sequence, position, received, sent, ahead, handedOut, finished, retired, ledger } = progress;
  const { inFlight: _, ...counts } = ledger.toJSON();
  const view = { sequence, position, ahead: [...ahead], handedOut, finished, retired, ledger: counts };
  return structuredClone({ ...view, received: marksOf(received), sent: marksOf(sent) });
}

/** The records by channel, and the channels from 0 to 39 that have stopped. */
function marksOf(marks: ChannelMarks) {
  const records = Object.entries(marks.toJSON()).filter(([, count]) => count > 0);
  return {
    records: Object.fromEntries(records),
    stopped: channels.filter((channel) => marks.stopped(channel)),
  };
}

const channels = numbers(40);

/** What {@link viewOf} says of a task that has committed nothing. */
export const nothingYet: ReturnType<typeof viewOf> = {
  ...{ sequence: 0, position: undefined, ahead: [], handedOut: 0, finished: false, retired: false },
  ledger: { received: 0, processed: 0, filtered: 0, emitted: 0, skipped: 0, deadLettered: 0 },
  received: { records: {}, stopped: [] },
  sent: { records: {}, stopped: [] },
};

/** All committed cells, by table in the order of their names; each as its entries. */
export function cellsOf({
  state,
}: Commit): readonly (readonly [string, readonly (readonly [StateKey, unknown])[]])[] {
  return [...state.names()].sort().map((name) => [name, [...state.table(name).entries()]] as const);
}

/** One committed cell, read as a task reads it. */
export async function cellOf({ state }: Commit, table: string, key: StateKey): Promise<unknown> {
  await state.prefetch?.([key]);
  return state.table(table).get(key);
}

/** The records in a queue, in order, and its stop signals behind records; the queue stays as it is. */
export async function contentsOf(queue: Queue): Promise<unknown[]> {
  if ((await queue.size()) === 0) return [];
  const { batches } = await queue.take(1_000_000);
  await queue.rewind();
  return batches.flatMap(({ payloads, stop }) => (stop === undefined ? payloads : [...payloads, "stop"]));
}

/** Commits a unit; that what it leaves to wait for fails later is no accident. */
export async function outcomeOf(commit: Commit, unit: UnitOfWork): Promise<CommitOutcome> {
  const outcome = await commit.commit(unit);
  const wait = outcome.code === "backpressure" ? outcome.room : deliveredOf(outcome);
  wait?.then(undefined, () => undefined);
  return outcome;
}

/** Commits a unit, and fails unless that ends with this code. */
export async function assertOutcome(
  commit: Commit,
  unit: UnitOfWork,
  code: CommitOutcome["code"],
): Promise<CommitOutcome> {
  const outcome = await outcomeOf(commit, unit);
  assert.equal(outcome.code, code);
  return outcome;
}

/** What the outputs of an applied unit wait for. */
export function deliveredOf(outcome: CommitOutcome): PromiseLike<void> | undefined {
  return "delivered" in outcome ? outcome.delivered : undefined;
}

/** A promise, and how to end it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
