import assert from "node:assert/strict";
import type { JsonValue } from "@sage-kernel/core";
import {
  type Commit,
  type DeadLetter,
  isPromiseLike,
  type MaybePromise,
  type Queue,
  type StateStore,
  type TableChanges,
  TaskLedger,
  type UnitOfWork,
} from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { assertOutcome, cellsOf, contentsOf, deliveredOf, viewOf } from "./store-probes.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** Where a case works: the stores of some jobs, the tasks in them, and the queues that these send to. */
export class StoreLab {
  readonly #subject: StateStoreSubject;
  readonly #stores = new Map<string, StateStore>();
  readonly #queues = new Map<string, Queue>();

  constructor(subject: StateStoreSubject) {
    this.#subject = subject;
  }

  /** A task that no incarnation was opened of. */
  task(node = "task#0", job = "job"): TaskProbe {
    return new TaskProbe(this, this.store(job), node);
  }

  /** The store of a job. */
  store(job: string): StateStore {
    const { stores, names } = this.#subject;
    const store = this.#stores.get(job) ?? stores.create(`${names.caseId}/${names.runId}/${job}`);
    this.#stores.set(job, store);
    return store;
  }

  /** A queue to send to, or to take from. */
  async queue(name = "out", capacity = 1000): Promise<Queue> {
    const queue = await this.#subject.queue(name, capacity);
    this.#queues.set(name, queue);
    return queue;
  }

  /** What is in the queues. */
  async contents(): Promise<Record<string, unknown[]>> {
    const contents: Record<string, unknown[]> = {};
    for (const [name, queue] of this.#queues) contents[name] = await contentsOf(queue);
    return contents;
  }
}

/** A task in front of its store: makes its units, and sees all that they make visible. */
export class TaskProbe {
  /** The dead letters that were accepted. */
  readonly letters: DeadLetter[] = [];
  /** What was collected. */
  readonly collected: unknown[] = [];
  /** The positions to which its input was moved. */
  readonly positions: JsonValue[] = [];
  /** Decides over dead letters: throws, or lets them wait, or accepts them. */
  judge: () => MaybePromise<void> = () => undefined;
  readonly #lab: StoreLab;
  readonly #store: StateStore;
  readonly #node: string;
  readonly #attempts = new WeakMap<Commit, number>();

  constructor(lab: StoreLab, store: StateStore, node: string) {
    this.#lab = lab;
    this.#store = store;
    this.#node = node;
  }

  /** Begins an incarnation, in the job's store or in another one; its input is noted, or moves a queue. */
  async open(store?: StateStore, input?: Queue): Promise<Commit> {
    return await this.openNow(store, input);
  }

  /** {@link open} as the store answers it. */
  openNow(store: StateStore = this.#store, input?: Queue): MaybePromise<Commit> {
    return store.open({
      node: this.#node,
      input: input ?? { advance: (position) => void this.positions.push(position) },
      deadLetters: {
        write: (letters) => {
          const room = this.judge();
          if (isPromiseLike(room)) return room;
          this.letters.push(...letters);
          return undefined;
        },
      },
      collect: (records) => void this.collected.push(...records),
    });
  }

  /** A unit of an incarnation, by default with nothing in it; each is an attempt of its own, numbered from 1. */
  unit(commit: Commit, sequence: number, more: Partial<UnitOfWork> = {}): UnitOfWork {
    const attempt = (this.#attempts.get(commit) ?? 0) + 1;
    this.#attempts.set(commit, attempt);
    const nothing = {
      position: undefined,
      consumed: [],
      ahead: [],
      outputs: [],
      deadLetters: [],
      collected: [],
    };
    const counts = { state: [], handedOut: 0, finished: false, ledger: new TaskLedger() };
    return { epoch: commit.epoch, sequence, attempt, ...nothing, ...counts, ...more };
  }

  /** The unit that comes next. */
  next(commit: Commit, more: Partial<UnitOfWork> = {}): UnitOfWork {
    return this.unit(commit, commit.progress.sequence + 1, more);
  }

  /** Commits the next unit, which must be applied, and waits until its outputs are downstream. */
  async apply(commit: Commit, more: Partial<UnitOfWork> = {}): Promise<UnitOfWork> {
    const unit = this.next(commit, more);
    await deliveredOf(await assertOutcome(commit, unit, "applied"));
    return unit;
  }

  /** Commits these changes of the state as the next unit. */
  change(commit: Commit, ...state: readonly TableChanges[]): Promise<UnitOfWork> {
    return this.apply(commit, { state });
  }

  /** Everything that commits can change, as seen by the latest incarnation. */
  async seen(commit: Commit) {
    const { letters, collected, positions } = this;
    const around = { letters, collected, positions, queues: await this.#lab.contents() };
    return { progress: viewOf(commit.progress), cells: cellsOf(commit), ...structuredClone(around) };
  }

  /**
   * Fails unless everything is as it was, for the incarnation that has it open and for a new one, which is answered.
   */
  async assertUnchanged(commit: Commit, before: Awaited<ReturnType<TaskProbe["seen"]>>): Promise<Commit> {
    assert.deepEqual(await this.seen(commit), before);
    const later = await this.open();
    assert.deepEqual(await this.seen(later), before);
    assert.deepEqual(viewOf(later.restored), before.progress);
    return later;
  }
}

/** A case of the contract. */
export function storeCase(
  id: string,
  title: string,
  run: (lab: StoreLab, subject: StateStoreSubject) => Promise<void>,
  conditions: Pick<ContractCase<StateStoreSubject>, "needs" | "unless"> = {},
): ContractCase<StateStoreSubject> {
  return { id, title, ...conditions, run: (subject) => run(new StoreLab(subject), subject) };
}
