import { Dispatcher } from "../dispatch/dispatcher.ts";
import type { JobPart } from "../dispatch/job-part.ts";
import { JobRestarts } from "../dispatch/job-restarts.ts";
import { StoreEnd } from "../dispatch/store-end.ts";
import type { JsonValue } from "../errors/json.ts";
import { hasCode, reasonOf, SageError } from "../errors/sage-error.ts";
import { type Delivery, deliveryOf } from "../graph/delivery.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import { shapeOf } from "../graph/shape-of.ts";
import type { Host } from "../host/host.ts";
import type { EnvironmentLog, EnvironmentLogOptions } from "../host/log-files.port.ts";
import { LogTail, TellingLogger } from "../host/log-tail.ts";
import { LoopCache } from "../operator/loop-cache.ts";
import type { DeadLetter } from "../state/dead-letter.ts";
import { DeadLetterStore } from "../state/dead-letter-store.ts";
import { Gathered } from "../state/gathered.ts";
import type { StateStore } from "../state/state-store.port.ts";
import { checkCommits } from "./check-commits.ts";
import { cleanUp } from "./clean-up.ts";
import { Job } from "./job.ts";
import { makePart, type PartRequest } from "./job-parts.ts";
import { isTerminal, type JobReport } from "./job-report.ts";
import type { JobLog, JobLogLine } from "./job-scope.ts";
import { ProcessReports } from "./process-reports.ts";
import { restoreSnapshot } from "./restore-snapshot.ts";
import type { JobManagerScope, Submission } from "./submission.ts";

/** Lines of its log that are kept of each job. */
const linesKept = 1000;

/** Submits jobs and keeps them, terminal ones too. */
export class JobManager {
  readonly #scope: JobManagerScope;
  readonly #jobs = new Map<string, Job>();
  readonly #starting = new Map<string, Promise<Job>>();
  readonly #loops = new LoopCache();
  readonly #reports: ProcessReports;
  readonly #deploying = new Set<Dispatcher>();
  #closed = false;

  constructor(scope: JobManagerScope) {
    this.#scope = scope;
    this.#reports = new ProcessReports(scope.host, scope.reportIntervalMs);
  }

  /**
   * Deploys and starts a compiled pipeline. Every submission is a job of its own, with its own functions.
   *
   * @throws SageError `OPERATOR_FAILED` with the cause when a constructor or `open` throws; `INVALID_OPTION` for log
   * options; `GRAPH_INVALID` for queues from which no other process could go on with this id; `SNAPSHOT_MISMATCH` and
   * `SNAPSHOT_INVALID`; `DELIVERY_UNAVAILABLE`; `RUNTIME_CLOSED`.
   */
  async submit(submission: Submission): Promise<Job> {
    const { pipeline, settings, log } = submission;
    if (this.#closed) throw new SageError("RUNTIME_CLOSED", { operation: "submit()" });
    const id = submission.id ?? this.#scope.host.ids.next(pipeline.graph.name);
    if (this.#jobs.has(id) || this.#starting.has(id)) throw taken(id);
    const delivery = deliveryOf(pipeline.graph.name, pipeline.graph.steps, settings.delivery ?? "auto");
    const opened = this.#openLog(log);
    const { clock } = this.#scope.host;
    const lines = new LogTail<JobLogLine>(linesKept, 1000 * clock.now()); // behind those under the manager before
    const logger = new TellingLogger(
      opened.logger,
      () => clock.now(),
      (line) => lines.add(line),
    );
    const host = { ...this.#scope.host, logger };
    const started = this.#start(id, submission, host, { lines, close: () => opened.close() }, delivery);
    this.#starting.set(id, started);
    try {
      return await started;
    } catch (error) {
      host.logger.error(() => `Submitting failed: ${reasonOf(error)}`, { job: id, error });
      await opened.close();
      throw error;
    } finally {
      this.#starting.delete(id);
    }
  }

  async #start(
    id: string,
    { id: given, pipeline, settings, from, elsewhere, paused = false }: Submission,
    host: Host,
    log: JobLog,
    delivery: Delivery,
  ): Promise<Job> {
    const { graph, functions } = pipeline;
    if (given !== undefined) checkCommits(graph, this.#scope.stores);
    const deadLetters = new DeadLetterStore(id, settings.deadLetterCapacity, settings.whenDeadLettersFull);
    const results = new Map(
      graph.steps.filter((s) => s.kind === "collect").map((s) => [s.id, new Gathered()]),
    );
    const resultsOf = (step: string): Gathered => results.get(step) as Gathered;
    const loops = this.#loops;
    const store = this.#scope.stores.create(id);
    if (store.discard !== undefined) deadLetters.onDiscarded = (letter) => discardFrom(store, letter, host);
    if (store.begin !== undefined) await store.begin(shapeOf(graph, id));
    try {
      if (from !== undefined) await restoreSnapshot(from, graph, store);
      if (this.#closed) throw new SageError("RUNTIME_CLOSED", { operation: "submit()" });
    } catch (error) {
      await new StoreEnd({ job: id, store, host }).release();
      throw error;
    }
    const scope = {
      ...this.#scope,
      job: id,
      pipeline,
      host,
      store,
      restarts: new JobRestarts(functions, settings.restart, host.random.fork(id)),
      deadLetters,
      limits: settings,
      atMostOnce: delivery.level === "at-most-once",
      loops,
      resultsOf,
      ...elsewhere?.({ id, graph, store }),
    };
    const dispatcher = new Dispatcher(scope);
    await this.#deploy(dispatcher);
    if (this.#closed) {
      await dispatcher.release();
      throw new SageError("RUNTIME_CLOSED", { operation: "submit()" });
    }
    const { owner } = functions;
    const job = new Job(
      {
        ...{ id, graph, host, deadLetters, results, owner, delivery, log, paused },
        reports: this.#reports,
        onEnd: (report) => this.#shelve(report, host),
      },
      dispatcher,
      store,
    );
    this.#jobs.set(id, job);
    return job;
  }

  /** That a report is not kept changes nothing about how its job has ended. */
  async #shelve(report: JobReport, { logger }: Host): Promise<void> {
    const { job, error: failure } = report;
    if (failure?.code === "FENCED") return; // another process has the job, and will say how it ends
    try {
      await this.#scope.stores.reports?.put(job, report as unknown as JsonValue);
    } catch (error) {
      logger.warn(() => `The report of the job could not be kept: ${reasonOf(error)}`, { job, error });
    }
  }

  #openLog(log: EnvironmentLogOptions | undefined): EnvironmentLog {
    const { host } = this.#scope;
    if (log === undefined) return { logger: host.logger, close: () => undefined };
    return host.logs.open(log);
  }

  async #deploy(dispatcher: Dispatcher): Promise<void> {
    this.#deploying.add(dispatcher);
    try {
      await dispatcher.deploy();
    } finally {
      this.#deploying.delete(dispatcher);
    }
  }

  /**
   * The part of a job that lives in this process, for a manager in another one.
   *
   * @throws SageError `STORE_UNSUITABLE`; `RUNTIME_CLOSED`.
   */
  part(request: PartRequest): JobPart {
    if (this.#closed) throw new SageError("RUNTIME_CLOSED", { operation: "taking part in a job" });
    return makePart(this.#scope, request, this.#loops);
  }

  /** Leaves the jobs that are being deployed elsewhere as they are, for somebody else. */
  leaveDeployments(reason: unknown): void {
    for (const dispatcher of this.#deploying) dispatcher.leave(reason);
  }

  /**
   * Ends at the store what an earlier process has left of a job that is over.
   *
   * @throws what the store throws.
   */
  cleanUp(id: string, graph: ExecutionGraph): Promise<void> {
    return cleanUp(this.#scope, id, graph);
  }

  /** All jobs, oldest first. */
  list(): readonly Job[] {
    return [...this.#jobs.values()];
  }

  /** The job with this id, if it is kept. */
  find(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  /**
   * How a job stands, or has ended: also one that another process has run, where the store keeps reports, and as long as it
   * does; `undefined` where nothing is known of it.
   *
   * @throws SageError `STORE_UNAVAILABLE`.
   */
  async reportOf(id: string): Promise<JobReport | undefined> {
    const known = this.find(id)?.report() ?? (await this.#scope.stores.reports?.get(id));
    return known as JobReport | undefined;
  }

  /** Has the store forget the report of a job that has ended. @throws SageError `STORE_UNAVAILABLE`. */
  async purgeReport(id: string): Promise<void> {
    await this.#scope.stores.reports?.remove(id);
  }

  /** @throws SageError `JOB_NOT_FOUND`. */
  get(id: string): Job {
    const job = this.find(id);
    if (job === undefined) throw new SageError("JOB_NOT_FOUND", { job: id });
    return job;
  }

  /**
   * Forgets a job that has ended, with its report and what it collected; answers `false` for one that has not.
   *
   * @throws SageError `JOB_NOT_FOUND`.
   */
  forget(id: string): boolean {
    if (!isTerminal(this.get(id).status())) return false;
    return this.#jobs.delete(id);
  }

  /**
   * Refuses further jobs, also those being deployed, and cancels those that run. Closing again waits likewise.
   *
   * @throws SageError `STOP_TIMEOUT` naming what does not end.
   */
  async close(): Promise<void> {
    this.#closed = true;
    const reason = new SageError("RUNTIME_CLOSED", { operation: "submit()" });
    for (const dispatcher of this.#deploying) dispatcher.abandon(reason);
    await Promise.allSettled(this.#starting.values());
    const stops = await Promise.allSettled(this.list().map((job) => job.stop({ drain: false })));
    for (const stop of stops) {
      if (stop.status === "rejected" && hasCode(stop.reason, "STOP_TIMEOUT")) throw stop.reason;
    }
  }
}

function taken(id: string): SageError {
  const problem = `"${id}" is the id of a job that is here already`;
  return new SageError("INVALID_OPTION", {
    path: "id",
    problem,
    expected: "another id, or forget() that job first",
  });
}

function discardFrom(store: StateStore, letter: DeadLetter, { logger }: Host): void {
  const warn = (error: unknown): void =>
    logger.warn(() => `Dead letter "${letter.id}" is still in the store: ${reasonOf(error)}`, { error });
  try {
    Promise.resolve(store.discard?.(letter)).catch(warn);
  } catch (error) {
    warn(error);
  }
}
