import { SageError } from "../errors/sage-error.ts";
import { Completion } from "../host/completion.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Commit, CommitOutcome, UnitOfWork } from "./commit.port.ts";
import { roomForLetters } from "./dead-letter.ts";
import type { StateReader } from "./state-reader.port.ts";
import type { CommitScope, StateStore, StateStoreFactory, TaskContents } from "./state-store.port.ts";
import { TaskRecord } from "./task-record.ts";

/**
 * Keeps the tasks of one job in memory. A commit checks everything first and then happens in one synchronous step,
 * which makes it atomic within the process. Cells are immutable and replaced, so a snapshot copies references alone.
 */
export class MemoryStateStore implements StateStore {
  readonly #records = new Map<string, TaskRecord>();

  open(scope: CommitScope): Commit {
    const record = this.record(scope.node);
    record.epoch++;
    return new MemoryCommit(record, scope);
  }

  progress(node: string): TaskRecord | undefined {
    const record = this.#records.get(node);
    return record === undefined || record.epoch === 0 ? undefined : record;
  }

  contents(node: string): TaskContents {
    return this.record(node).contents();
  }

  restore(node: string, contents: TaskContents): void {
    const record = this.record(node);
    if (record.epoch > 0)
      throw new SageError("ILLEGAL_STATE", { what: `Task "${node}"`, from: "opened", to: "restored" });
    record.restore(contents);
  }

  /** What is kept of a task, from now on if nothing was. */
  record(node: string): TaskRecord {
    let record = this.#records.get(node);
    if (record === undefined) {
      record = new TaskRecord();
      this.#records.set(node, record);
    }
    return record;
  }
}

/** Opens {@link MemoryStateStore}s. */
export const memoryStateStores: StateStoreFactory = {
  kind: "memory",
  create: () => new MemoryStateStore(),
};

class MemoryCommit implements Commit {
  readonly epoch: number;
  readonly restored: TaskRecord;
  readonly #record: TaskRecord;
  readonly #scope: CommitScope;

  constructor(record: TaskRecord, scope: CommitScope) {
    this.epoch = record.epoch;
    this.restored = record.copy();
    this.#record = record;
    this.#scope = scope;
  }

  get state(): StateReader {
    return this.#record;
  }

  get progress(): TaskRecord {
    return this.#record;
  }

  commit(unit: UnitOfWork): MaybePromise<CommitOutcome> {
    const record = this.#record;
    if (this.epoch !== record.epoch || unit.epoch !== record.epoch) return fenced;
    if (unit.sequence !== record.sequence + 1) return record.knows(unit) ? this.#repeated() : mismatch;
    if (unit.deadLetters.length > 0) {
      const { deadLetters } = this.#scope;
      const room = deadLetters.write(unit.deadLetters);
      if (isPromiseLike(room)) return { code: "backpressure", room, waitsFor: roomForLetters(deadLetters) };
    }
    if (unit.collected.length > 0) this.#scope.collect?.(unit.collected);
    record.apply(unit);
    return this.#deliver(unit);
  }

  #repeated(): CommitOutcome {
    const { delivered } = this.#record;
    return delivered === undefined ? alreadyApplied : { code: "alreadyApplied", delivered };
  }

  /** Moves outputs and position on. What does not fit waits in line at its queue, whatever becomes of the sender. */
  #deliver({ outputs, position }: UnitOfWork): CommitOutcome {
    let pending: Waits;
    try {
      for (let i = 0; i < outputs.length; i++) {
        const { queue, batch } = outputs[i] as (typeof outputs)[number];
        if (!queue.offer(batch)) pending = join(pending, queue.put(batch));
      }
      if (position !== undefined) pending = join(pending, this.#scope.input.advance(position));
    } catch (error) {
      pending = join(pending, Promise.reject(error)); // not thrown: the unit is applied
    }
    if (pending === undefined) return applied;
    const delivered = Array.isArray(pending) ? Promise.all(pending).then(() => undefined) : pending;
    if (!(delivered instanceof Completion)) delivered.then(undefined, () => undefined); // the task may not be there to hear of it
    this.#record.delivered = delivered;
    return { code: "applied", delivered };
  }
}

const applied: CommitOutcome = Object.freeze({ code: "applied" });
const alreadyApplied: CommitOutcome = Object.freeze({ code: "alreadyApplied" });
const fenced: CommitOutcome = Object.freeze({ code: "fenced" });
const mismatch: CommitOutcome = Object.freeze({ code: "mismatch" });

type Waits = PromiseLike<void> | PromiseLike<void>[] | undefined;

function join(waits: Waits, next: MaybePromise<void>): Waits {
  if (!isPromiseLike(next)) return waits;
  if (waits === undefined) return next;
  return Array.isArray(waits) ? [...waits, next] : [waits, next];
}
