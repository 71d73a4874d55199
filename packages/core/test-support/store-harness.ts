import type { MaybePromise } from "../src/host/maybe-promise.ts";
import { Batch } from "../src/packet/batch.ts";
import type { Queue } from "../src/queue/queue.port.ts";
import type { Connection, Output } from "../src/routing/connection.ts";
import type { Commit, CommitOutcome, UnitOfWork } from "../src/state/commit.port.ts";
import type { DeadLetter } from "../src/state/dead-letter.ts";
import { TaskLedger } from "../src/state/ledger.ts";
import { MemoryStateStore } from "../src/state/memory-state-store.ts";
import type { StateKey } from "../src/state/state-key.ts";
import type { TableChanges } from "../src/state/state-table.ts";

/** A target that takes whole batches while it has room, and lets puts wait until the test drains it. */
export class RoomyTarget {
  readonly taken: Batch[] = [];
  readonly #waiting: { batch: Batch; wake: () => void; fail: (error: unknown) => void }[] = [];
  readonly #log: string[];
  room: number;

  constructor(room: number, log: string[] = []) {
    this.room = room;
    this.#log = log;
  }

  get payloads(): unknown[] {
    return this.taken.flatMap(({ payloads }) => payloads);
  }

  offer(batch: Batch): boolean {
    if (this.#waiting.length > 0 || batch.payloads.length > this.room) return false;
    this.#accept(batch);
    return true;
  }

  put(batch: Batch): Promise<void> {
    return new Promise((wake, fail) => this.#waiting.push({ batch, wake, fail }));
  }

  drain(): void {
    this.room = Number.POSITIVE_INFINITY;
    for (const { batch, wake } of this.#waiting.splice(0)) {
      this.#accept(batch);
      wake();
    }
  }

  /** Refuses all puts that wait. */
  fail(error: unknown): void {
    for (const put of this.#waiting.splice(0)) put.fail(error);
  }

  #accept(batch: Batch): void {
    this.room -= batch.payloads.length;
    this.taken.push(batch);
    this.#log.push("output");
  }
}

/** A batch on its way to a target. */
export const outputTo = (queue: object, batch: Batch): Output => ({
  queue: queue as Queue,
  batch,
  connection: {} as Connection,
});

/** A dead letter of which only its number is of importance. */
export const letter = (seq = 0) => ({ reason: "failed", seq }) as DeadLetter;

/** The changes of one table. */
export const changes = (
  table: string,
  cells: readonly (readonly [StateKey, unknown])[],
  cleared = false,
): TableChanges => ({ table, cleared, cells: new Map(cells) });

/** What a test of a store may choose. */
export interface StoreSetup {
  /** Records that the target takes before puts wait. */
  readonly room?: number;
  /** Takes the dead letters; they are kept when it answers nothing. */
  readonly write?: (letters: readonly DeadLetter[]) => MaybePromise<void>;
}

/** A store, one task's first incarnation in it, and a log of what becomes visible in which order. */
export function createStore({ room = Number.POSITIVE_INFINITY, write = () => undefined }: StoreSetup = {}) {
  const log: string[] = [];
  const letters: DeadLetter[] = [];
  const collected: unknown[] = [];
  const target = new RoomyTarget(room, log);
  const store = new MemoryStateStore();
  const open = (node = "map-2#0"): Commit =>
    store.open({
      node,
      input: { advance: (position) => void log.push(`position ${position}`) },
      deadLetters: {
        write: (more) => {
          const written = write(more);
          if (written === undefined) {
            log.push("dead letters");
            letters.push(...more);
          }
          return written;
        },
      },
      collect: (records) => void collected.push(...records),
    }) as Commit;
  const commit = open();
  let attempt = 0;
  const unit = (
    sequence: number,
    records: readonly unknown[],
    more: Partial<UnitOfWork> = {},
  ): UnitOfWork => ({
    epoch: 1,
    sequence,
    attempt: ++attempt,
    position: sequence * 10,
    consumed: [],
    ahead: [],
    outputs: [outputTo(target, new Batch(0, 0, records))],
    deadLetters: [],
    collected: [],
    state: [],
    handedOut: 0,
    finished: false,
    ledger: new TaskLedger(),
    ...more,
  });
  return { store, open, commit, unit, target, letters, collected, log };
}

/** A store whose task has committed one unit, with everything that a refused unit must leave as it is. */
export function createUsedStore() {
  const parts = createStore();
  const first = parts.unit(1, ["a"], { state: [changes("sums", [["k", 1]])], collected: ["x"] });
  parts.commit.commit(first);
  const { commit, log, letters, collected, target } = parts;
  const everything = () => {
    const { sequence, position, ahead, handedOut, finished, ledger } = commit.progress;
    return structuredClone([
      { sequence, position, ahead, handedOut, finished, ledger: ledger.toJSON() },
      [...commit.state.table("sums").entries()],
      [log, letters, collected, target.payloads],
    ]);
  };
  /** A unit that would change everything. */
  const loud = (sequence: number, more: Partial<UnitOfWork> = {}) =>
    parts.unit(sequence, ["b"], {
      ...{ deadLetters: [letter()], collected: ["y"], state: [changes("sums", [["k", 2]], true)] },
      ...{ ahead: [[0, 5]], handedOut: 3, finished: true },
      ...more,
    });
  return { ...parts, first, everything, loud };
}

/** What a store answers, which must not be a promise. */
export function answered(commit: Commit, unit: UnitOfWork): CommitOutcome {
  const outcome = commit.commit(unit);
  if ("code" in outcome) return outcome;
  throw new Error("The store has answered with a promise.");
}

/** What an outcome lets its task wait for. */
export const deliveredOf = (outcome: CommitOutcome): PromiseLike<void> | undefined =>
  "delivered" in outcome ? outcome.delivered : undefined;

/** Rejections that nobody handled while the function ran and for two turns of the event loop after it. */
export async function unhandledIn(run: () => Promise<void>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  try {
    await run();
    for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("unhandledRejection", note);
  }
  return unhandled;
}
