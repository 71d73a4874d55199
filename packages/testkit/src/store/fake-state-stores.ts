import { SageError } from "@sage-kernel/core";
import type { Commit, CommitScope, StateStore, StateStoreFactory } from "@sage-kernel/core/spi";
import { FakeCommit } from "./fake-commit.ts";
import { FakeTaskRecord } from "./fake-task-record.ts";

/** What fake stores can be made of instead. */
export interface FakeStoreParts {
  /** Makes the record of a task; by default a {@link FakeTaskRecord}. */
  readonly record?: () => FakeTaskRecord;
  /** Begins an incarnation; by default a {@link FakeCommit}. */
  readonly commit?: (record: FakeTaskRecord, scope: CommitScope) => Commit;
}

/** Plain and correct stores in memory, which can be looked into. */
export class FakeStateStores implements StateStoreFactory {
  readonly kind = "fake";
  /** What is committed, by job and by task. */
  readonly jobs = new Map<string, Map<string, FakeTaskRecord>>();
  readonly #parts: FakeStoreParts;

  constructor(parts: FakeStoreParts = {}) {
    this.#parts = parts;
  }

  create(job: string): StateStore {
    const tasks = new Map<string, FakeTaskRecord>();
    this.jobs.set(job, tasks);
    return this.store(tasks);
  }

  /** The store of one job. */
  protected store(tasks: Map<string, FakeTaskRecord>): StateStore {
    const { record = () => new FakeTaskRecord(), commit = (...args) => new FakeCommit(...args) } =
      this.#parts;
    const kept = (node: string): FakeTaskRecord => {
      const task = tasks.get(node) ?? record();
      tasks.set(node, task);
      return task;
    };
    return {
      open: (scope) => commit(kept(scope.node), scope),
      progress(node) {
        const task = tasks.get(node);
        return task === undefined || task.epoch === 0 ? undefined : task.snapshot();
      },
      contents: (node) => (tasks.get(node) ?? record()).contents(),
      restore(node, contents) {
        const task = kept(node);
        if (task.epoch > 0)
          throw new SageError("ILLEGAL_STATE", { what: `Task "${node}"`, from: "opened", to: "restored" });
        task.restore(contents);
      },
    };
  }
}
