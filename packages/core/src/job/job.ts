import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { describeValue, reasonOf, SageError } from "../errors/sage-error.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { Host } from "../host/host.ts";
import type { DeadLetterStore } from "../state/dead-letter-store.ts";
import type { TaskOutcome } from "../task/task.port.ts";
import { createReport, type JobReport, type JobState } from "./job-report.ts";

/** How to stop a job. */
export interface StopOptions {
  /** `true` (default): end the sources and let everything in flight arrive. `false`: stop at once. */
  readonly drain?: boolean;
  /** How long to wait for the end, in ms. Default 30,000. */
  readonly timeoutMs?: number;
}

/** Names what a `collect` step gathers; `T` is the type of its records. */
export interface Collected<T> {
  /** Id of the step. */
  readonly step: string;
  /** What tells the environment from others. */
  readonly owner: object;
  /** Never set; carries the type. */
  readonly type?: T;
}

/** What a job is made of. */
export interface JobScope {
  readonly id: string;
  readonly graph: ExecutionGraph;
  readonly host: Host;
  readonly deadLetters: DeadLetterStore;
  readonly results: ReadonlyMap<string, unknown[]>;
  /** What tells the environment from others. */
  readonly owner: object;
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
  readonly #scope: JobScope;
  /** Let go when the job has ended, and with it everything the tasks held. */
  #dispatcher: Dispatcher | undefined;
  readonly #startedAt: number;
  readonly #startedMonotonic: number;
  #state: JobState = "running";
  #cancelled = false;
  #final: JobReport | undefined;

  /** @internal Jobs come from `env.submit()`. The dispatcher has deployed; the job runs it. */
  constructor(scope: JobScope, dispatcher: Dispatcher) {
    this.id = scope.id;
    this.name = scope.graph.name;
    this.#scope = scope;
    this.#startedAt = scope.host.clock.now();
    this.#startedMonotonic = scope.host.clock.monotonic();
    this.#dispatcher = dispatcher;
    this.done = dispatcher.run().then((outcome) => this.#end(outcome));
    this.done.catch((error) => this.#log.error(`Job failed: ${reasonOf(error)}`, { error }));
  }

  /** Its state now. */
  status(): JobState {
    return this.#state;
  }

  /** How it stands now, or how it ended. */
  report(): JobReport {
    return this.#final ?? this.#report(this.#state, undefined);
  }

  /** The compiled graph. */
  graph(): ExecutionGraph {
    return this.#scope.graph;
  }

  /** Its dead letters so far, oldest first. */
  get deadLetters(): DeadLetterStore {
    return this.#scope.deadLetters;
  }

  /**
   * What a `collect` step has gathered so far in this job.
   *
   * @throws SageError `INVALID_OPTION` for a handle of another environment.
   */
  collected<T>(handle: Collected<T>): readonly T[] {
    const records = this.#scope.results.get(handle.step);
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

  /**
   * Stops the job and resolves with its report; on a terminal job, at once.
   *
   * @throws SageError `INVALID_OPTION`; `STOP_TIMEOUT` naming what blocks, while the job goes on stopping. When the
   * job fails meanwhile, the failure.
   */
  async stop(options: StopOptions = {}): Promise<JobReport> {
    const { drain = true, timeoutMs = defaultStopTimeoutMs } = options;
    if (!(timeoutMs >= 0)) {
      const facts = {
        path: "timeoutMs",
        problem: `is ${describeValue(timeoutMs)}`,
        expected: "0 or more, in ms",
      };
      throw new SageError("INVALID_OPTION", facts);
    }
    if (this.#final === undefined) {
      if (!drain) {
        this.#cancelled = true;
        this.#dispatcher?.cancel();
      } else if (!this.#cancelled) {
        this.#state = "draining";
        this.#dispatcher?.drain();
      }
    }
    const timer = new AbortController();
    const late = this.#scope.host.clock.sleep(timeoutMs, timer.signal).then(
      () => {
        throw new SageError("STOP_TIMEOUT", { job: this.id, timeoutMs, blocked: this.#blocked() });
      },
      () => this.done,
    );
    try {
      return await Promise.race([this.done, late]);
    } finally {
      timer.abort();
      late.catch(() => undefined);
    }
  }

  get #log(): Host["logger"] {
    return this.#scope.host.logger.child({ job: this.id });
  }

  #blocked(): string[] {
    const tasks = this.#dispatcher?.report() ?? [];
    return tasks.flatMap(({ id, waitsFor }) =>
      waitsFor === undefined ? [] : [`${id} waits for ${waitsFor}`],
    );
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
      state,
      startedAt: this.#startedAt,
      durationMs: this.#scope.host.clock.monotonic() - this.#startedMonotonic,
      tasks: this.#dispatcher?.report() ?? [],
      error,
    });
  }
}
