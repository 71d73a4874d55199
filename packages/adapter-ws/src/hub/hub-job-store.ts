import { type JsonValue, SageError } from "@sage-kernel/core";
import {
  type Commit,
  type CommitOutcome,
  type CommitScope,
  type DeadLetter,
  isPromiseLike,
  type JobShape,
  type MaybePromise,
  MemoryStateStore,
  type UnitOfWork,
} from "@sage-kernel/core/spi";

/** An incarnation of a task, wherever that runs. */
export interface Incarnation {
  readonly commit: Commit;
  readonly epoch: number;
  /** Ids of queues that it reads and writes. */
  readonly targets: Set<string>;
}

/** What the tasks of one job have committed, for all processes that take part in it. */
export class HubJobStore extends MemoryStateStore {
  /** What the job was begun as. */
  readonly shape: JobShape;
  /** Of the process that manages it. */
  owner: string;
  /** It ends: what is there is not needed any more. */
  ending = false;
  readonly #incarnations = new Map<string, Incarnation>();
  readonly #collected = new Map<string, unknown[]>();
  readonly #letters = new Map<string, Map<string, DeadLetter>>();
  /** Records that were put by `putBefore`, by queue and channel. */
  readonly #redriven = new Map<string, number>();

  constructor(shape: JobShape, owner: string) {
    super();
    this.shape = shape;
    this.owner = owner;
  }

  /** @throws SageError `FENCED` for a process that manages it no longer. */
  check(pass: string, node: string): void {
    if (pass !== this.owner) throw new SageError("FENCED", { node, epoch: 0 });
  }

  override open(scope: CommitScope): Commit {
    const { node, deadLetters } = scope;
    scope.recollect?.(this.collected(node));
    deadLetters.restore?.(node, this.letters(node));
    const commit = super.open({
      ...scope,
      collect: (records) => {
        const kept = this.#collected.get(node) ?? [];
        for (const record of records) kept.push(record);
        this.#collected.set(node, kept);
        scope.collect?.(records);
      },
      deadLetters: {
        write: (letters) => {
          const room = deadLetters.write(letters);
          if (isPromiseLike(room)) return room;
          const kept = this.#letters.get(node) ?? new Map<string, DeadLetter>();
          for (const letter of letters) kept.set(letter.id, letter);
          this.#letters.set(node, kept);
          return undefined;
        },
        ...(deadLetters.fill !== undefined && { fill: deadLetters.fill }),
      },
    });
    this.#incarnations.set(node, { commit, epoch: commit.epoch, targets: new Set() });
    return commit;
  }

  /** Commits what an incarnation in another process has done. */
  commit(node: string, unit: UnitOfWork): MaybePromise<CommitOutcome> {
    const incarnation = this.#incarnations.get(node);
    return incarnation?.epoch === unit.epoch ? incarnation.commit.commit(unit) : { code: "fenced" };
  }

  /** The queues that the present incarnation of a task reads and writes, `more` included. */
  targets(node: string, more: Iterable<string>): readonly string[] {
    const { targets } = this.#incarnations.get(node) ?? { targets: new Set<string>() };
    for (const id of more) targets.add(id);
    return [...targets];
  }

  /** What the step of a task has collected. */
  collected(node: string): readonly unknown[] {
    return [...(this.#collected.get(node) ?? [])];
  }

  /** The dead letters of a task, oldest first. */
  letters(node: string): readonly DeadLetter[] {
    return [...(this.#letters.get(node)?.values() ?? [])];
  }

  /** Forgets a dead letter. */
  discard({ node, id }: Pick<DeadLetter, "node" | "id">): void {
    this.#letters.get(node)?.delete(id);
  }

  /** Whether all of these tasks have finished. */
  finished(tasks: readonly string[]): boolean {
    return tasks.every((node) => this.progress(node)?.finished === true);
  }

  /** The number of the next record that `putBefore` puts on a channel of a queue; `count` of them are taken. */
  number(queue: string, channel: number, count: number): number {
    const key = `${channel} ${queue}`;
    const first = this.#redriven.get(key) ?? 0;
    this.#redriven.set(key, first + count);
    return first;
  }
}

/** How jobs have ended, for a time. */
export class HubReports {
  readonly #reports = new Map<string, JsonValue>();
  readonly #most: number;

  /** Keeps so many; the oldest goes for the next one. */
  constructor(most: number) {
    this.#most = most;
  }

  put(job: string, report: JsonValue): void {
    this.#reports.delete(job);
    this.#reports.set(job, report);
    const [oldest] = this.#reports.keys();
    if (this.#reports.size > this.#most && oldest !== undefined) this.#reports.delete(oldest);
  }

  get(job: string): JsonValue | undefined {
    return this.#reports.get(job);
  }

  remove(job: string): void {
    this.#reports.delete(job);
  }
}
