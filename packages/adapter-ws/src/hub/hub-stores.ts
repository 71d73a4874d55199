import { SageError } from "@sage-kernel/core";
import {
  type Commit,
  type CommitScope,
  changesOf,
  type JobShape,
  MemoryStateStore,
  type ReportShelf,
  type StateStore,
  type StateStoreFactory,
  type TaskContents,
  type TaskProgress,
} from "@sage-kernel/core/spi";
import { jobOf } from "../wire/job-of.ts";
import { wsQueues } from "../wire/ws-queues.ts";
import { HubJobStore, HubReports } from "./hub-job-store.ts";

/** Reports of jobs that have ended, at most. */
const mostReports = 1000;

/** What a hub keeps of jobs: what their tasks have committed, and which process manages each. */
export class HubStores implements StateStoreFactory {
  readonly kind = "ws";
  readonly queues = wsQueues.kind;
  /** How jobs have ended. */
  readonly kept = new HubReports(mostReports);
  readonly reports: ReportShelf = {
    put: async (job, report) => this.kept.put(job, report),
    get: async (job) => this.kept.get(job),
    remove: async (job) => this.kept.remove(job),
  };
  /** Which store of this process a job has. */
  readonly passes = new Map<string, string>();
  readonly #jobs = new Map<string, HubJobStore>();
  readonly #secret: () => string;
  readonly #onReleased: (job: string) => void;

  /** `onReleased` is called when nothing of a job is needed any more. */
  constructor(secret: () => string, onReleased: (job: string) => void) {
    this.#secret = secret;
    this.#onReleased = onReleased;
  }

  /** The ids of the jobs that were begun and are not released. */
  get ids(): readonly string[] {
    return [...this.#jobs.keys()];
  }

  create(job: string): StateStore {
    const pass = this.newPass();
    this.passes.set(job, pass);
    return new HubStoreView(this, job, pass);
  }

  join(job: string, pass: string): StateStore {
    return new HubStoreView(this, job, pass);
  }

  /** A name for a store that nobody guesses. */
  newPass(): string {
    return this.#secret();
  }

  /**
   * Begins a job, or goes on with it; answers whether it was begun before.
   *
   * @throws SageError `JOB_CHANGED`.
   */
  begin(job: string, pass: string, shape: JobShape): boolean {
    const known = this.#jobs.get(job);
    if (known === undefined || known.ending) {
      this.#jobs.set(job, new HubJobStore(shape, pass));
      this.kept.remove(job);
      return false;
    }
    const problems = changesOf(known.shape, shape);
    if (problems.length > 0) throw new SageError("JOB_CHANGED", { job, problems });
    known.owner = pass;
    return true;
  }

  /** @throws SageError `FENCED` for a job that is somebody else's, or was never begun. */
  job(job: string, pass: string, node = job): HubJobStore {
    const known = this.#jobs.get(job);
    if (known === undefined) throw new SageError("FENCED", { node, epoch: 0 });
    known.check(pass, node);
    return known;
  }

  /** What is kept of a job, whoever has it. */
  find(job: string): HubJobStore | undefined {
    return this.#jobs.get(job);
  }

  /** Whether a store may close a queue of a job: an inbox of one that was begun only while it ends. */
  mayClose(queue: string, pass: string | undefined, isOfCalls: boolean): boolean {
    const known = this.#jobs.get(jobOf(queue));
    return known === undefined || (known.owner === pass && (isOfCalls || known.ending));
  }

  /** Nothing of a job is needed any more, if it is this store's. */
  release(job: string, pass: string): void {
    if (this.#jobs.get(job)?.owner !== pass) return;
    this.#jobs.delete(job);
    this.#onReleased(job);
  }
}

/** The store of a job for somebody in the hub's process. */
class HubStoreView implements StateStore {
  readonly pass: string;
  readonly #stores: HubStores;
  readonly #job: string;
  /** Before it is begun, as in a test of its own, it keeps what is committed itself. */
  readonly #own = new MemoryStateStore();
  #resumed = false;
  #applied = false;

  constructor(stores: HubStores, job: string, pass: string) {
    this.#stores = stores;
    this.#job = job;
    this.pass = pass;
  }

  get resumed(): boolean {
    return this.#resumed;
  }

  async begin(shape: JobShape): Promise<void> {
    this.#resumed = this.#stores.begin(this.#job, this.pass, shape);
  }

  open(scope: CommitScope): Commit {
    const known = this.#stores.find(this.#job);
    known?.check(this.pass, scope.node);
    return this.#watched((known ?? this.#own).open(scope));
  }

  progress(node: string): TaskProgress | undefined {
    return this.#store.progress(node);
  }

  contents(node: string): TaskContents {
    return this.#store.contents(node);
  }

  restore(node: string, contents: TaskContents): void {
    this.#store.restore(node, contents);
  }

  collected(node: string): readonly unknown[] {
    return this.#stores.find(this.#job)?.collected(node) ?? [];
  }

  letters(node: string) {
    return this.#stores.find(this.#job)?.letters(node) ?? [];
  }

  discard(letter: Parameters<NonNullable<StateStore["discard"]>>[0]): void {
    this.#stores.find(this.#job)?.discard(letter);
  }

  async ending(): Promise<void> {
    const known = this.#stores.find(this.#job);
    if (this.#ends && known?.owner === this.pass) known.ending = true;
  }

  release(): void {
    if (this.#ends) this.#stores.release(this.#job, this.pass);
    this.leave();
  }

  started(): void {
    this.#applied = true;
  }

  leave(): void {
    const { passes } = this.#stores;
    if (passes.get(this.#job) === this.pass) passes.delete(this.#job);
  }

  get #store(): MemoryStateStore {
    return this.#stores.find(this.#job) ?? this.#own;
  }

  /** Whether the job ends with this process: one that never ran here goes on elsewhere with what an earlier process has done. */
  get #ends(): boolean {
    return !this.#resumed || this.#applied;
  }

  #watched(commit: Commit): Commit {
    const run = commit.commit.bind(commit);
    commit.commit = (unit) => {
      this.#applied = true;
      return run(unit);
    };
    return commit;
  }
}
