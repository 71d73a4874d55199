import type { Commit, CommitScope, StateStore, StateStoreFactory } from "@sage-kernel/core/spi";
import { settle } from "../clock/fake-clock.ts";
import type { Mutant } from "../contract/mutant.ts";
import { FakeStateStores } from "./fake-state-stores.ts";
import { FakeTaskRecord } from "./fake-task-record.ts";
import { recordMutant, storesMutant } from "./store-mutant.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** Fake stores that take names for others. */
const namesMutant = (
  id: string,
  title: string,
  breaks: readonly string[],
  wrong: { readonly job?: (job: string) => string; readonly node?: (node: string) => string },
): Mutant<StateStoreSubject> =>
  storesMutant(id, title, breaks, () => {
    const right = new FakeStateStores();
    const stores = new Map<string, StateStore>();
    const { job: jobOf = (job) => job, node: nodeOf = (node) => node } = wrong;
    return {
      kind: "wrong",
      create(job) {
        const store = stores.get(jobOf(job)) ?? right.create(jobOf(job));
        stores.set(jobOf(job), store);
        return renamed(store, nodeOf);
      },
    };
  });

function renamed(store: StateStore, nodeOf: (node: string) => string): StateStore {
  return {
    open: (scope) => store.open({ ...scope, node: nodeOf(scope.node) }),
    progress: (node) => store.progress(nodeOf(node)),
    contents: (node) => store.contents(nodeOf(node)),
    restore: (node, contents) => store.restore(nodeOf(node), contents),
  };
}

/** One store for all jobs: its tasks are told apart by job and task, joined. */
const joining = (separator: string): StateStoreFactory => {
  const store = new FakeStateStores().create("all");
  return { kind: "wrong", create: (job) => renamed(store, (node) => `${job}${separator}${node}`) };
};

/** Mutants that mix up tasks or incarnations. */
export const storeLifeMutants: readonly Mutant<StateStoreSubject>[] = [
  namesMutant("KM-60", "has one task in each job", ["K-09"], { node: () => "task" }),
  namesMutant("KM-61", "has one job", ["K-23"], { job: () => "job" }),
  namesMutant("KM-62", "keeps tasks by the first 255 characters of their names", ["K-09"], {
    node: (node) => node.slice(0, 255),
  }),
  namesMutant("KM-63", "does not tell capitals from small letters", ["K-09"], {
    node: (node) => node.toLowerCase(),
  }),
  namesMutant("KM-64", "keeps jobs by their names in a normal form", ["K-23"], {
    job: (job) => job.normalize(),
  }),
  namesMutant("KM-65", "trims the names of tasks", ["K-09"], { node: (node) => node.trim() }),
  storesMutant("KM-66", "joins job and task by a colon", ["K-23"], () => joining(":")),
  storesMutant("KM-67", "joins job and task by nothing", ["K-23"], () => joining("")),
  namesMutant("KM-68", "takes names that mean something to an object for one another", ["K-09"], {
    node: (node) => (node in Object.prototype ? "constructor" : node),
  }),
  recordMutant(
    "KM-69",
    "counts incarnations from 0",
    ["K-20", "K-21"],
    class extends FakeTaskRecord {
      override epoch = -1;
    },
  ),
  storesMutant("KM-70", "begins a new task with every incarnation", ["K-21", "K-61"], () => {
    const store = (): StateStore => new FakeStateStores().create("job");
    return {
      kind: "wrong",
      create: () => ({ ...store(), open: (scope: CommitScope) => store().open(scope) }),
    };
  }),
  storesMutant("KM-71", "has one incarnation of each task, whoever opens it", ["K-21", "K-50"], () => {
    const right = new FakeStateStores();
    return {
      kind: "wrong",
      create(job) {
        const store = right.create(job);
        const opened = new Map<string, Commit>();
        const open = (scope: CommitScope): Commit => {
          const commit = opened.get(scope.node) ?? (store.open(scope) as Commit);
          opened.set(scope.node, commit);
          return commit;
        };
        return { ...store, open };
      },
    };
  }),
  storesMutant(
    "KM-72",
    "gives incarnations that are opened at once the same epoch",
    ["K-50"],
    () => {
      const right = new FakeStateStores();
      const open = async (store: StateStore, job: string, scope: CommitScope): Promise<Commit> => {
        const record = () => right.jobs.get(job)?.get(scope.node);
        const epoch = record()?.epoch ?? 0;
        await settle();
        Object.assign(record() ?? {}, { epoch });
        return store.open(scope);
      };
      return {
        kind: "wrong",
        create(job) {
          const store = right.create(job);
          return { ...store, open: (scope) => open(store, job, scope) };
        },
      };
    },
    ["objects"],
  ),
];
