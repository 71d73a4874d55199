import type {
  Commit,
  CommitOutcome,
  CommitScope,
  StateStore,
  StateStoreFactory,
  UnitOfWork,
} from "@sage-kernel/core/spi";
import { isPromiseLike, type MaybePromise } from "@sage-kernel/core/spi";
import type { Trace } from "./trace.ts";

interface TaskHistory {
  /** The latest incarnation. */
  epoch: number;
  /** Units applied. */
  sequence: number;
  /** The number of each, by `epoch/attempt`. */
  readonly attempts: Map<string, number>;
  finished: boolean;
}

/** What watches commits works with. */
export interface CommitHistoryScope {
  readonly trace: Trace;
  readonly onViolation: (problem: string) => void;
}

/**
 * Watches the commits of a run where they reach the store: one incarnation writes at a time, units are numbered without
 * gap or repetition, an attempt that is "applied already" was, and a task that has finished does not go on.
 */
export class CommitHistory {
  readonly #scope: CommitHistoryScope;
  readonly #tasks = new Map<string, TaskHistory>();

  constructor(scope: CommitHistoryScope) {
    this.#scope = scope;
  }

  /** Stores whose commits are watched. */
  watch(inner: StateStoreFactory): StateStoreFactory {
    return {
      kind: inner.kind,
      create: (job) => {
        const store = inner.create(job);
        return {
          progress: (node) => store.progress(node),
          contents: (node) => store.contents(node),
          restore: (node, contents) => store.restore(node, contents),
          open: (scope) => this.#open(store, `${job}/${scope.node}`, scope),
        };
      },
    };
  }

  /** The store has lost commits: so many units of each task, by `job/task`, are left. */
  goBack(sequences: ReadonlyMap<string, number>): void {
    for (const [key, task] of this.#tasks) {
      task.sequence = sequences.get(key) ?? 0;
      for (const [id, sequence] of task.attempts) if (sequence > task.sequence) task.attempts.delete(id);
    }
  }

  async #open(store: StateStore, key: string, scope: CommitScope): Promise<Commit> {
    const commit = await store.open(scope);
    const task = this.#tasks.get(key) ?? { epoch: 0, sequence: 0, attempts: new Map(), finished: false };
    this.#tasks.set(key, task);
    const { epoch, restored } = commit;
    this.#scope.trace.add(`open ${scope.node} epoch ${epoch} at ${restored.sequence}`);
    if (epoch <= task.epoch) this.#report(scope.node, `epoch ${epoch} is opened behind ${task.epoch}`);
    if (restored.sequence !== task.sequence)
      this.#report(scope.node, `goes on at ${restored.sequence}, and ${task.sequence} units were applied`);
    task.epoch = epoch;
    return this.#watched(commit, scope.node, task);
  }

  #watched(commit: Commit, node: string, task: TaskHistory): Commit {
    return {
      epoch: commit.epoch,
      restored: commit.restored,
      state: commit.state,
      get progress() {
        return commit.progress;
      },
      commit: (unit): MaybePromise<CommitOutcome> => {
        const answer = commit.commit(unit);
        const look = (outcome: CommitOutcome): CommitOutcome => this.#look(node, task, unit, outcome);
        return isPromiseLike(answer) ? answer.then(look) : look(answer);
      },
    };
  }

  #look(node: string, task: TaskHistory, unit: UnitOfWork, outcome: CommitOutcome): CommitOutcome {
    const { epoch, sequence, attempt, finished } = unit;
    const { code } = outcome;
    const id = `${epoch}/${attempt}`;
    const { state, collected, deadLetters, position, ledger } = unit;
    const content = [{ state, collected, deadLetters, position, ledger }];
    this.#scope.trace.add(`commit ${node} ${sequence} of epoch ${epoch}: ${code}`, content);
    if (code === "alreadyApplied" && !task.attempts.has(id))
      this.#report(node, `attempt ${id} is applied already, which it was not`);
    if (code !== "applied") return outcome;
    if (epoch !== task.epoch) this.#report(node, `epoch ${epoch} writes, and ${task.epoch} owns the task`);
    if (sequence !== task.sequence + 1)
      this.#report(node, `unit ${sequence} is applied behind unit ${task.sequence}`);
    if (task.attempts.has(id)) this.#report(node, `attempt ${id} is applied twice`);
    if (task.finished && !finished) this.#report(node, `unit ${sequence} goes on behind its end`);
    task.attempts.set(id, sequence);
    task.sequence = sequence;
    task.finished ||= finished;
    return outcome;
  }

  #report(node: string, problem: string): void {
    this.#scope.onViolation(`commits of ${node}: ${problem}`);
  }
}
