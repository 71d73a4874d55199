import type { StateStore, TaskContents, TaskProgress } from "@sage-kernel/core/spi";
import type { Mutant } from "../contract/mutant.ts";
import { FakeStateStores } from "./fake-state-stores.ts";
import { FakeTaskRecord } from "./fake-task-record.ts";
import { recordMutant, storesMutant } from "./store-mutant.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** Fake stores of which some members are replaced. */
const storeMutant = (
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (right: StateStore, tasks: ReadonlyMap<string, FakeTaskRecord>) => Partial<StateStore>,
): Mutant<StateStoreSubject> =>
  storesMutant(id, title, breaks, () => {
    const stores = new FakeStateStores();
    return {
      kind: "wrong",
      create(job) {
        const right = stores.create(job);
        return { ...right, ...wrong(right, stores.jobs.get(job) ?? new Map()) };
      },
    };
  });

/** Fake stores whose records take contents for others. */
const contentsMutant = (
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: (right: TaskContents, record: FakeTaskRecord) => Partial<TaskContents>,
): Mutant<StateStoreSubject> =>
  recordMutant(
    id,
    title,
    breaks,
    class extends FakeTaskRecord {
      override contents(): TaskContents {
        const right = super.contents();
        return { ...right, ...wrong(right, this) };
      }
    },
  );

/** Mutants that are at fault with what is seen from outside of a commit, and with what another job takes over. */
export const storeHandoverMutants: readonly Mutant<StateStoreSubject>[] = [
  storeMutant("KM-140", "knows the progress of every task", ["K-62", "K-63"], (right) => ({
    progress: (node) => right.progress(node) ?? new FakeTaskRecord(),
  })),
  storeMutant(
    "KM-141",
    "knows the progress of a task that was looked at or restored",
    ["K-63"],
    (right, tasks) => {
      const asked = new Set<string>();
      return {
        progress: (node) => tasks.get(node) ?? (asked.has(node) ? new FakeTaskRecord() : undefined),
        contents(node) {
          asked.add(node);
          return right.contents(node);
        },
      };
    },
  ),
  storeMutant("KM-142", "knows the first progress that it was asked for", ["K-62"], (right) => {
    const known = new Map<string, TaskProgress>();
    return {
      progress(node) {
        const progress = known.get(node) ?? (right.progress(node) as TaskProgress | undefined);
        if (progress !== undefined) known.set(node, progress);
        return progress;
      },
    };
  }),
  storeMutant("KM-143", "refuses the contents of a task that it does not know", ["K-64"], (right, tasks) => ({
    contents(node) {
      if (!tasks.has(node)) throw new Error("unknown");
      return right.contents(node);
    },
  })),
  storeMutant("KM-144", "opens a task to look at its contents", ["K-64"], (right, tasks) => ({
    contents(node) {
      if (!tasks.has(node))
        right.open({ node, input: { advance: () => undefined }, deadLetters: { write: () => undefined } });
      return right.contents(node);
    },
  })),
  contentsMutant("KM-145", "has contents that move on", ["K-07"], (_, record) => ({
    get position() {
      return record.position;
    },
    tables: {
      [Symbol.iterator]: () =>
        record
          .names()
          .map((name) => [name, record.table(name).entries()] as const)
          [Symbol.iterator](),
    } as unknown as TaskContents["tables"],
  })),
  contentsMutant("KM-146", "has contents without a position", ["K-07"], () => ({ position: undefined })),
  contentsMutant("KM-147", "has contents without an end", ["K-07"], () => ({ finished: false })),
  contentsMutant("KM-148", "has contents with one table", ["K-07"], ({ tables }) => ({
    tables: new Map([...tables].slice(0, 1)),
  })),
  contentsMutant("KM-149", "has contents whose cells are sorted by key", ["K-07", "K-68"], ({ tables }) => ({
    tables: new Map([...tables].map(([name, cells]) => [name, [...cells].sort()])),
  })),
  contentsMutant(
    "KM-150",
    "forgets in its contents that the task it goes on from had finished",
    ["K-68"],
    (_, record) => ({
      finished: record.finished,
    }),
  ),
  storeMutant("KM-151", "restores a task that was opened", ["K-66"], (right, tasks) => ({
    restore(node, contents) {
      tasks.get(node)?.restore(contents);
      if (!tasks.has(node)) right.restore(node, contents);
    },
  })),
  storeMutant("KM-152", "does not say that it restores nothing", ["K-66"], (right, tasks) => ({
    restore: (node, contents) =>
      (tasks.get(node)?.epoch ?? 0) > 0 ? undefined : right.restore(node, contents),
  })),
  storeMutant("KM-153", "restores a task until it has committed something", ["K-66"], (right, tasks) => ({
    restore(node, contents) {
      const task = tasks.get(node);
      if (task?.sequence === 0) task.restore(contents);
      else right.restore(node, contents);
    },
  })),
  recordMutant(
    "KM-154",
    "restores no position",
    ["K-64", "K-65"],
    class extends FakeTaskRecord {
      override restore(contents: TaskContents): void {
        super.restore({ ...contents, position: undefined });
      }
    },
  ),
  recordMutant(
    "KM-155",
    "restores no cells",
    ["K-65", "K-67"],
    class extends FakeTaskRecord {
      override restore(contents: TaskContents): void {
        super.restore({ ...contents, tables: new Map() });
      }
    },
  ),
  recordMutant(
    "KM-156",
    "takes a task for finished whose predecessor had",
    ["K-65"],
    class extends FakeTaskRecord {
      override restore(contents: TaskContents): void {
        super.restore(contents);
        this.finished = contents.finished;
      }
    },
  ),
  recordMutant(
    "KM-157",
    "forgets with the first unit that its predecessor had finished",
    ["K-65"],
    class extends FakeTaskRecord {
      override apply(unit: Parameters<FakeTaskRecord["apply"]>[0]): void {
        super.apply(unit);
        this.retired = false;
      }
    },
  ),
  recordMutant(
    "KM-158",
    "counts what it restores as a unit",
    ["K-65"],
    class extends FakeTaskRecord {
      override restore(contents: TaskContents): void {
        super.restore(contents);
        this.sequence = 1;
      }
    },
  ),
  recordMutant(
    "KM-159",
    "shares the cells that it restores",
    ["K-67"],
    class extends FakeTaskRecord {
      override contents(): TaskContents {
        return { ...super.contents(), tables: this.tables };
      }

      override restore(contents: TaskContents): void {
        super.restore(contents);
        for (const [name, cells] of contents.tables) if (cells instanceof Map) this.tables.set(name, cells);
      }
    },
  ),
];
