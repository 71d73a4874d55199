import { Dispatcher } from "../dispatch/dispatcher.ts";
import { hasCode, SageError } from "../errors/sage-error.ts";
import type { CompiledPipeline } from "../graph/compile.ts";
import type { Host } from "../host/host.ts";
import { LoopCache } from "../operator/loop-cache.ts";
import type { DriverRegistry } from "../queue/driver-registry.ts";
import type { CommitFactory } from "../state/commit.port.ts";
import { DeadLetterStore } from "../state/dead-letter-store.ts";
import type { BatchLimits } from "../task/pace.ts";
import type { TaskFactory } from "../task/task.port.ts";
import { Job } from "./job.ts";

/** What a job manager works with. */
export interface JobManagerScope {
  readonly host: Host;
  readonly drivers: DriverRegistry;
  readonly tasks: TaskFactory;
  readonly commits: CommitFactory;
}

/** Settings of one job, complete and checked. */
export interface JobSettings extends BatchLimits {
  /** Most dead letters before the job fails. */
  readonly deadLetterCapacity: number;
}

/** Submits jobs and keeps them, terminal ones too. */
export class JobManager {
  readonly #scope: JobManagerScope;
  readonly #jobs = new Map<string, Job>();
  readonly #loops = new LoopCache();
  readonly #deploying = new Map<Dispatcher, Promise<void>>();
  #closed = false;

  constructor(scope: JobManagerScope) {
    this.#scope = scope;
  }

  /**
   * Deploys and starts a compiled pipeline. Every submission is a job of its own, with its own functions.
   *
   * @throws SageError `OPERATOR_FAILED` with the cause when a constructor or `open` throws; `RUNTIME_CLOSED`.
   */
  async submit(pipeline: CompiledPipeline, settings: JobSettings): Promise<Job> {
    if (this.#closed) throw new SageError("RUNTIME_CLOSED", { operation: "submit()" });
    const { host } = this.#scope;
    const id = host.ids.next(pipeline.graph.name);
    const deadLetters = new DeadLetterStore(id, settings.deadLetterCapacity);
    const results = new Map(
      pipeline.graph.steps.filter((s) => s.kind === "collect").map((s) => [s.id, [] as unknown[]]),
    );
    const resultsOf = (step: string): unknown[] => results.get(step) ?? [];
    const scope = {
      ...this.#scope,
      job: id,
      pipeline,
      deadLetters,
      limits: settings,
      loops: this.#loops,
      resultsOf,
    };
    const dispatcher = new Dispatcher(scope);
    await this.#deploy(dispatcher);
    if (this.#closed) {
      await dispatcher.release();
      throw new SageError("RUNTIME_CLOSED", { operation: "submit()" });
    }
    const job = new Job(
      { id, graph: pipeline.graph, host, deadLetters, results, owner: pipeline.functions.owner },
      dispatcher,
    );
    this.#jobs.set(id, job);
    return job;
  }

  async #deploy(dispatcher: Dispatcher): Promise<void> {
    const deployment = dispatcher.deploy();
    this.#deploying.set(dispatcher, deployment);
    try {
      await deployment;
    } finally {
      this.#deploying.delete(dispatcher);
    }
  }

  /** All jobs, oldest first. */
  list(): readonly Job[] {
    return [...this.#jobs.values()];
  }

  /** @throws SageError `JOB_NOT_FOUND`. */
  get(id: string): Job {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new SageError("JOB_NOT_FOUND", { job: id });
    return job;
  }

  /**
   * Refuses further jobs, also those being deployed, and cancels those that run. Closing again waits likewise.
   *
   * @throws SageError `STOP_TIMEOUT` naming what does not end.
   */
  async close(): Promise<void> {
    this.#closed = true;
    const reason = new SageError("RUNTIME_CLOSED", { operation: "submit()" });
    for (const dispatcher of this.#deploying.keys()) dispatcher.abandon(reason);
    await Promise.allSettled(this.#deploying.values());
    const stops = await Promise.allSettled(this.list().map((job) => job.stop({ drain: false })));
    for (const stop of stops) {
      if (stop.status === "rejected" && hasCode(stop.reason, "STOP_TIMEOUT")) throw stop.reason;
    }
  }
}
