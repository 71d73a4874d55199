import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { Clock } from "../host/clock.port.ts";
import type { StateStore } from "../state/state-store.port.ts";
import type { JobState } from "./job-report.ts";
import type { JobSnapshot } from "./job-snapshot.ts";
import { takeSnapshot } from "./take-snapshot.ts";

/** How to take a snapshot. */
export interface SnapshotOptions {
  /** Whether the job is stopped behind it, so that nothing comes twice when another one goes on. Default `false`. */
  readonly stop?: boolean;
  /** How long what is in flight may take to settle, in ms. Default 30,000. */
  readonly timeoutMs?: number;
}

/** What snapshots of a job are taken with. */
export interface SnapshotsScope {
  readonly job: string;
  readonly graph: ExecutionGraph;
  readonly clock: Clock;
  /** The job's state now. */
  state(): JobState;
}

const defaultTimeoutMs = 30_000;

/** Takes snapshots of one job, one at a time. */
export class Snapshots {
  readonly #scope: SnapshotsScope;
  #store: StateStore | undefined;
  #end: AbortController | undefined;
  #taking = false;

  constructor(scope: SnapshotsScope, store: StateStore) {
    this.#scope = scope;
    this.#store = store;
  }

  /** Whether one is being taken: then the tasks are its own to pause and to resume. */
  get taking(): boolean {
    return this.#taking;
  }

  /**
   * Brings the job to a standstill and takes what it has committed. Afterwards all tasks are paused.
   *
   * @throws SageError `INVALID_OPTION`, `SNAPSHOT_REFUSED`, `NOT_SERIALIZABLE`.
   */
  async take(
    dispatcher: Dispatcher | undefined,
    { timeoutMs = defaultTimeoutMs }: SnapshotOptions,
  ): Promise<JobSnapshot> {
    if (!(timeoutMs >= 0)) {
      const problem = `is ${describeValue(timeoutMs)}`;
      throw new SageError("INVALID_OPTION", { path: "timeoutMs", problem, expected: "0 or more, in ms" });
    }
    const store = this.#check(dispatcher === undefined);
    if (this.#taking) throw this.#refused("another one is being taken");
    this.#taking = true;
    const end = new AbortController();
    this.#end = end;
    const release = dispatcher?.keepStore();
    try {
      await dispatcher?.settle(timeoutMs, end.signal);
      const { job, graph, clock, state } = this.#scope;
      if (state() !== "completed") this.#check(end.signal.aborted); // what has come to its end settled in its way
      return await takeSnapshot({ job, graph, store, takenAt: clock.now() });
    } finally {
      release?.();
      this.#taking = false;
    }
  }

  /** The job has ended: what it has committed is of use only to a snapshot that is being taken. */
  release(): void {
    this.#store = undefined;
    this.#end?.abort();
  }

  /** Refuses what cannot be taken a snapshot of. */
  #check(ended: boolean): StateStore {
    const state = this.#scope.state();
    const store = this.#store;
    if (ended || store === undefined || (state !== "running" && state !== "paused"))
      throw this.#refused(`it is ${state}`);
    const lost = this.#scope.graph.steps
      .filter(({ guarantee }) => guarantee === "retained")
      .map(({ id }) => id);
    if (lost.length === 0) return store;
    throw this.#refused(
      `the source of ${lost.join(", ")} cannot be read again from a position; read from an array, or with fromReplayable()`,
    );
  }

  #refused(problem: string): SageError {
    return new SageError("SNAPSHOT_REFUSED", { job: this.#scope.job, problem });
  }
}
