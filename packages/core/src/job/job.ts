import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { JsonValue } from "../errors/json.ts";
import { reasonOf, SageError } from "../errors/sage-error.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import { toMermaid } from "../graph/mermaid.ts";
import type { Host } from "../host/host.ts";
import type { LogTail } from "../host/log-tail.ts";
import type { StateStore } from "../state/state-store.port.ts";
import type { TaskOutcome, TaskReport } from "../task/task.port.ts";
import type { Collected } from "./collected.ts";
import { DeadLetters } from "./dead-letters.ts";
import { checkTimeout, endInTime } from "./end-in-time.ts";
import { type JobMetrics, taskMetrics } from "./job-metrics.ts";
import { createReport, type JobReport, type JobState } from "./job-report.ts";
import { type RouteInfo, routingOf } from "./job-routing.ts";
import type { JobLogLine, JobScope } from "./job-scope.ts";
import type { JobSnapshot } from "./job-snapshot.ts";
import { type SnapshotOptions, Snapshots } from "./snapshots.ts";
import { whatBlocks } from "./what-blocks.ts";

/** How to stop a job. */
export interface StopOptions {
  /** `true` (default): end the sources and let everything in flight arrive. `false`: stop at once. */
  readonly drain?: boolean;
  /** How long to wait for the end, in ms. Default 30,000. */
  readonly timeoutMs?: number;
}

const defaultStopTimeoutMs = 30_000;

/** One submitted pipeline. A terminal job stays queryable. */
export class Job {
  /** Unique id. */
  readonly id: string;
  /** Name of its environment. */
  readonly name: string;
  /**
   * Settles when all tasks have ended and all queues are closed: with the report when the job is completed or was
   * cancelled; rejects with the cause when it failed.
   */
  readonly done: Promise<JobReport>;
  /**
   * Its dead letters so far, except those that a `deadLetters()` stream has taken. They can be looked at, redriven and
   * discarded; after the end of the job all but redriven.
   */
  readonly deadLetters: DeadLetters;
  readonly #scope: JobScope;
  readonly #snapshots: Snapshots;
  /** Let go when the job has ended, and with it everything the tasks held. */
  #dispatcher: Dispatcher | undefined;
  readonly #startedAt: number;
  readonly #startedMonotonic: number;
  #state: JobState = "running";
  #cancelled = false;
  #final: JobReport | undefined;
  #left = false;

  /** @internal Jobs come from `env.submit()`. The dispatcher has deployed; the job runs it. */
  constructor(scope: JobScope, dispatcher: Dispatcher, store: StateStore) {
    this.id = scope.id;
    this.name = scope.graph.name;
    this.#scope = scope;
    this.#startedAt = scope.host.clock.now();
    this.#startedMonotonic = scope.host.clock.monotonic();
    this.#dispatcher = dispatcher;
    this.deadLetters = new DeadLetters({
      job: scope.id,
      store: scope.deadLetters,
      problem: () => (this.#dispatcher === undefined ? "the job has ended" : this.#snapshotProblem),
      send: (letter) => this.#dispatcher?.redrive(letter),
    });
    this.#snapshots = new Snapshots(
      { job: scope.id, graph: scope.graph, clock: scope.host.clock, state: () => this.#state },
      store,
    );
    const stopListening = scope.reports.listen((process) => this.#logMetrics(process));
    if (scope.paused) void this.pause(); // before any task starts
    this.done = dispatcher
      .run()
      .finally(stopListening)
      .then((outcome) => this.#end(outcome))
      .catch((error) => {
        if (this.#left) this.#log.info(`The job goes on elsewhere: ${reasonOf(error)}`);
        else this.#log.error(`Job failed: ${reasonOf(error)}`, { error });
        throw error;
      })
      .finally(() => (this.#left ? undefined : scope.onEnd(this.report())))
      .finally(() => scope.log.close());
    this.done.catch(() => undefined);
  }

  /** Its state now. */
  status(): JobState {
    return this.#state;
  }

  /** How it stands now, or how it ended. */
  report(): JobReport {
    return this.#final ?? this.#report(this.#state, undefined);
  }

  /** What its tasks have done, waited for and measured so far. */
  metrics(): JobMetrics {
    const tasks = this.#tasks().map(taskMetrics);
    return { job: this.id, state: this.#state, tasks, process: this.#scope.reports.last };
  }

  /** The compiled graph, as a JSON value or as a Mermaid flowchart. */
  graph(): ExecutionGraph;
  graph(format: "mermaid"): string;
  graph(format?: "mermaid"): ExecutionGraph | string {
    return format === "mermaid" ? toMermaid(this.#scope.graph) : this.#scope.graph;
  }

  /** Every channel between two tasks: its strategy, what went over it, and how full its end is. */
  routing(): readonly RouteInfo[] {
    return routingOf(this.#scope.graph, this.#tasks());
  }

  /**
   * What a `collect` step has gathered so far in this job.
   *
   * @throws SageError `INVALID_OPTION` for a handle of another environment.
   */
  collected<T>(handle: Collected<T>): readonly T[] {
    const records = this.#scope.results.get(handle.step)?.records;
    if (records === undefined || handle.owner !== this.#scope.owner) {
      const expected = "what collect() returned there";
      throw new SageError("INVALID_OPTION", {
        path: "handle",
        problem: `(step "${handle.step}") is not of this job's environment`,
        expected,
      });
    }
    return records as T[];
  }

  /** @internal The last lines of its log. */
  get lines(): LogTail<JobLogLine> {
    return this.#scope.log.lines;
  }

  /** @internal What the `collect` step of this name has gathered; `undefined` where there is none. */
  collectedBy(step: string): readonly unknown[] | undefined {
    return this.#scope.results.get(step)?.records;
  }

  /**
   * Freezes the job: no further record is taken anywhere. Resolves when the records in flight are done or wait for
   * room. No effect on a job that is draining or has ended.
   */
  async pause(): Promise<void> {
    if (this.#cancelled || (this.#state !== "running" && this.#state !== "paused")) return;
    this.#state = "paused";
    if (!this.#snapshots.taking) await this.#dispatcher?.pause();
  }

  /** Goes on where {@link pause} stopped, without gap or repetition; no effect on a job that is not paused. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    if (!this.#snapshots.taking) this.#dispatcher?.resume();
  }

  /**
   * Takes a snapshot of the job: pauses the sources, lets everything in flight settle without an end, and answers all
   * positions and state as a JSON value. Then the job goes on as before, or is stopped with `stop: true`. Another job
   * goes on from it with `env.submit({ from: snapshot })`. Dead letters and results stay with this job. Where all
   * sources have been read already, the job comes to its end, and there is nothing left to go on with.
   *
   * @throws SageError `SNAPSHOT_REFUSED` when a source cannot be read again, when the job is ending, or when something
   * does not settle in time; `NOT_SERIALIZABLE` for state that is no data; `INVALID_OPTION`.
   */
  async snapshot(options: SnapshotOptions = {}): Promise<JobSnapshot> {
    try {
      const snapshot = await this.#snapshots.take(this.#dispatcher, options);
      if (options.stop === true && this.#final === undefined) {
        const warn = (error: unknown): void => this.#log.warn("The stop behind a snapshot failed", { error });
        await this.stop({ drain: false }).catch(warn); // nothing more is committed: the snapshot is good anyhow
      }
      return snapshot;
    } finally {
      if (!this.#snapshots.taking) {
        if (this.#state === "paused") await this.#dispatcher?.pause();
        else this.#dispatcher?.resume();
      }
    }
  }

  /**
   * Stops the job and resolves with its report; on a terminal job, at once. A paused job goes on for as long as a drain
   * takes.
   *
   * @throws SageError `INVALID_OPTION`; `STOP_TIMEOUT` naming what blocks, while the job goes on stopping. When the
   * job fails meanwhile, the failure.
   */
  async stop(options: StopOptions = {}): Promise<JobReport> {
    const { drain = true, timeoutMs = defaultStopTimeoutMs } = options;
    checkTimeout(timeoutMs);
    this.#beginStop(drain);
    const limit = { job: this.id, drain, timeoutMs };
    return endInTime(this.done, this.#scope.host.clock, limit, () =>
      whatBlocks(this.#tasks(), this.#dispatcher?.services() ?? []),
    );
  }

  /** @internal Leaves it as it is, to be gone on with elsewhere: here it never ends; `done` rejects with the reason. */
  leave(reason: SageError): void {
    this.#left = true;
    this.#dispatcher?.leave(reason);
  }

  #beginStop(drain: boolean): void {
    if (this.#final !== undefined || this.#left) return;
    if (!drain) {
      this.#cancelled = true;
      this.#dispatcher?.cancel();
    } else if (!this.#cancelled) {
      this.#state = "draining";
      this.#dispatcher?.drain();
      this.#dispatcher?.resume();
    }
  }

  get #log(): Host["logger"] {
    return this.#scope.host.logger.child({ job: this.id });
  }

  /** Why nothing can be redriven, if a snapshot is why. */
  get #snapshotProblem(): string | undefined {
    return this.#snapshots.taking ? "a snapshot is being taken, which it would not be part of" : undefined;
  }

  #tasks(): readonly TaskReport[] {
    return this.#final?.tasks ?? this.#dispatcher?.report() ?? [];
  }

  #logMetrics(process: JobMetrics["process"]): void {
    const { ledger } = this.report();
    const read = `${ledger.read} records read, ${ledger.undelivered} under way`;
    this.#log.info(() => `Job ${this.#state}: ${read}`, {
      metrics: { ...this.metrics(), process } as unknown as JsonValue,
    });
  }

  #end(outcome: TaskOutcome): JobReport {
    let state: JobState = outcome.state;
    let error = outcome.state === "failed" ? outcome.error : undefined;
    let report = this.#report(state, error);
    if (state === "completed" && !report.ledger.balanced) {
      state = "failed";
      error = new SageError("LEDGER_UNBALANCED", { job: this.id, problems: report.ledger.problems });
      report = this.#report(state, error);
    }
    this.#state = state;
    this.#final = report;
    this.#dispatcher = undefined;
    this.#snapshots.release();
    this.#log.info(
      () => `Job ${state} after ${Math.round(report.durationMs)} ms, ${report.ledger.read} records read`,
    );
    if (state === "failed") throw error;
    return report;
  }

  #report(state: JobState, error: unknown): JobReport {
    return createReport({
      job: this.id,
      graph: this.#scope.graph,
      delivery: this.#scope.delivery,
      state,
      startedAt: this.#startedAt,
      durationMs: this.#scope.host.clock.monotonic() - this.#startedMonotonic,
      tasks: this.#dispatcher?.report() ?? [],
      services: this.#dispatcher?.services() ?? [],
      redriven: this.#dispatcher?.redriven() ?? [],
      error,
    });
  }
}
