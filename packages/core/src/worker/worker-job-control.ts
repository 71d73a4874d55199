import { checkArguments } from "../control/control-arguments.ts";
import type {
  CollectedOptions,
  CollectedRecord,
  JobControl,
  JobRequest,
  JobStop,
  JobSummary,
  ListOptions,
  MetricsPage,
  NumberedLogLine,
  Page,
  PageOptions,
  WaitOptions,
} from "../control/job-control.ts";
import type { AnyJobModule } from "../control/job-registry.ts";
import { summaryOf } from "../control/job-summary.ts";
import { fingerprintOf, type JobStart, LocalJobControl } from "../control/local-job-control.ts";
import { pageOf } from "../control/page.ts";
import type { JsonValue } from "../errors/json.ts";
import { hasCode, reasonOf, SageError } from "../errors/sage-error.ts";
import type { Job } from "../job/job.ts";
import { taskMetrics } from "../job/job-metrics.ts";
import { isTerminal } from "../job/job-report.ts";
import type { TaskOutcome, TaskReport } from "../task/task.port.ts";
import { Adoptions } from "./adoptions.ts";
import { type JobNote, JobNotes, told, waitingSummary } from "./job-notes.ts";
import { WorkerJobs, type WorkerJobsScope } from "./worker-jobs.ts";

const defaultWaitMs = 30_000;
/** How long it is known of a job how it has ended, in ms: a day. */
const keptMs = 86_400_000;

/** Controls jobs whose tasks live in workers, and those that earlier managers have left. */
export class WorkerJobControl implements JobControl {
  readonly jobs: WorkerJobs;
  readonly #scope: WorkerJobsScope;
  readonly #notes: JobNotes;
  readonly #inner: LocalJobControl;
  readonly #running = new Set<Job>();
  /** Ids of jobs that are gone on with, by their submission keys. */
  readonly #adopted = new Map<string, string>();
  readonly #adoptions: Adoptions;

  private constructor(scope: WorkerJobsScope, modules: readonly AnyJobModule[]) {
    this.#scope = scope;
    this.jobs = new WorkerJobs(scope);
    const { host } = scope.runtime;
    const over = (): boolean => scope.seat.lost.aborted || this.jobs.pool.closed !== undefined;
    this.#adoptions = new Adoptions(host, scope.seat.lost, over);
    this.#notes = new JobNotes(scope.seat.notes);
    this.#inner = new LocalJobControl(scope.runtime, modules, (start) => this.#start(start));
  }

  /** Goes on with what earlier managers have left, and controls that and more. @throws SageError `INVALID_OPTION`; `SEAT_LOST`. */
  static async open(scope: WorkerJobsScope, modules: readonly AnyJobModule[]): Promise<WorkerJobControl> {
    const control = new WorkerJobControl(scope, modules);
    const { logger } = scope.runtime.host;
    const notes = await control.#notes.read((key, error) =>
      logger.error(() => `What is noted of job "${key}" cannot be read: ${reasonOf(error)}`, { error }),
    );
    control.#prune();
    for (const note of notes)
      if (note.ended === undefined) control.#adoptions.begin(note.job, () => control.#adopt(note));
    return control;
  }

  async submit(request: JobRequest): Promise<JobSummary> {
    const { name, params, submissionKey } = checkArguments("submit", request);
    const note = this.#notes.list().find((each) => each.submissionKey === submissionKey);
    if (note !== undefined && fingerprintOf(note.name, note.params) !== fingerprintOf(name, params)) {
      throw new SageError("SUBMISSION_CONFLICT", {
        submissionKey: note.submissionKey,
        name: note.name,
        job: note.job,
      });
    }
    if (note !== undefined && this.#hasLeft(note)) return this.#leftSummary(note);
    return this.#inner.submit(request);
  }

  async status(job: string): Promise<JobSummary> {
    const left = this.#left(job);
    if (left !== undefined) return this.#leftSummary(left);
    return this.#waiting(job) ?? this.#inner.status(job);
  }

  async list(options: ListOptions = {}): Promise<Page<JobSummary>> {
    const { state, after, limit } = checkArguments("list", options);
    const summaries: JobSummary[] = [];
    for (const note of this.#notes.list()) {
      const found = await this.status(note.job).catch(() => undefined);
      if (found !== undefined) summaries.push(found);
    }
    return pageOf(
      summaries,
      ({ job }) => job,
      { after, limit },
      (each) => state === undefined || each.state === state,
    );
  }

  async tasks(job: string, options: PageOptions = {}): Promise<Page<TaskReport>> {
    const left = this.#left(job);
    if (left === undefined) return this.#inner.tasks(job, options);
    this.#leftSummary(left);
    const { after, limit } = checkArguments("tasks", { ...options, job });
    const report = await this.#scope.runtime.jobs.reportOf(job);
    return pageOf(report?.tasks ?? [], ({ id }) => id, { after, limit });
  }

  async metrics(job: string, options: PageOptions = {}): Promise<MetricsPage> {
    const left = this.#left(job);
    if (left === undefined) return this.#inner.metrics(job, options);
    const { entries, ...rest } = await this.tasks(job, options);
    return {
      ...rest,
      entries: entries.map(taskMetrics),
      state: this.#leftSummary(left).state,
      process: null,
    };
  }

  async logs(job: string, options: PageOptions = {}): Promise<Page<NumberedLogLine>> {
    const left = this.#left(job);
    return left === undefined ? this.#inner.logs(job, options) : { entries: [] }; // an earlier manager had them
  }

  async collected(job: string, options: CollectedOptions): Promise<Page<CollectedRecord>> {
    const left = this.#left(job);
    if (left === undefined) return this.#inner.collected(job, options);
    this.#leftSummary(left);
    const problem = "has ended under an earlier manager, and what it had collected with that";
    throw new SageError("INVALID_OPTION", { path: "job", problem, expected: "a job of this manager" });
  }

  async pause(job: string, options: WaitOptions = {}): Promise<JobSummary> {
    return this.#command(job, options, "pause", () => this.#inner.pause(job, options));
  }

  async resume(job: string): Promise<JobSummary> {
    return this.#command(job, {}, "run", () => this.#inner.resume(job));
  }

  async stop(job: string, options: JobStop = {}): Promise<JobSummary> {
    const { drain = true, timeoutMs = defaultWaitMs } = checkArguments("stop", { ...options, job });
    const wish = drain ? "drain" : "cancel";
    const summary = await this.#command(job, options, wish, () => this.#inner.stop(job, options));
    if (summary.state !== "created" || summary.error !== undefined) return summary;
    const blocked = ["what is left of it, which waits for workers"];
    throw new SageError("STOP_TIMEOUT", { job, timeoutMs, drain, blocked });
  }

  async wait(job: string, options: WaitOptions = {}): Promise<JobSummary> {
    const { timeoutMs = defaultWaitMs } = checkArguments("wait", { ...options, job });
    const { clock } = this.#scope.runtime.host;
    const until = clock.monotonic() + timeoutMs;
    await this.#adoptions.placed(job, timeoutMs);
    const left = this.#left(job);
    if (left !== undefined) return this.#leftSummary(left);
    const waiting = this.#waiting(job);
    if (waiting !== undefined) return waiting;
    return this.#inner.wait(job, { timeoutMs: Math.max(0, until - clock.monotonic()) });
  }

  async forget(job: string): Promise<boolean> {
    const left = this.#left(job);
    const forgotten = left === undefined ? await this.#inner.forget(job) : left.ended !== undefined;
    if (!forgotten) return false;
    const key = this.#notes.get(job)?.submissionKey;
    if (key !== undefined) this.#adopted.delete(key);
    await this.#notes.delete(job);
    await this.#scope.runtime.jobs.purgeReport(job);
    return true;
  }

  /** Leaves all jobs as they are, to another manager. */
  leave(reason: SageError): void {
    this.jobs.leave(reason);
    for (const job of this.#running) job.leave(reason);
  }

  /** Notes what a job is to become, and tells it, if it is placed in time: else it hears of it when it is. */
  async #command(
    job: string,
    options: WaitOptions,
    wish: JobNote["wish"],
    tell: () => Promise<JobSummary>,
  ): Promise<JobSummary> {
    const { timeoutMs = defaultWaitMs } = checkArguments("wait", { timeoutMs: options.timeoutMs, job });
    const ends = (of: JobNote["wish"] | undefined): boolean => of === "drain" || of === "cancel";
    const before = this.#notes.get(job)?.wish;
    if (!ends(before) || ends(wish)) await this.#notes.change(job, { wish });
    await this.#adoptions.placed(job, timeoutMs);
    const left = this.#left(job);
    return left === undefined ? (this.#waiting(job) ?? tell()) : this.#leftSummary(left);
  }

  /** A job that is being gone on with, in short. */
  #waiting(job: string): JobSummary | undefined {
    const note = this.#adoptions.under(job) !== undefined ? this.#notes.get(job) : undefined;
    return note === undefined ? undefined : waitingSummary(note, this.#scope.runtime.host.clock.now());
  }

  /** A job that is not this manager's to run: it has ended before, or could not be gone on with. */
  #left(job: string): JobNote | undefined {
    const note = this.#notes.get(job);
    return note !== undefined && this.#hasLeft(note) ? note : undefined;
  }

  #hasLeft({ job, ended }: JobNote): boolean {
    const here = this.#scope.runtime.jobs.find(job) !== undefined;
    return !here && (ended !== undefined || this.#adoptions.problem(job) !== undefined);
  }

  #leftSummary(note: JobNote): JobSummary {
    if (note.ended !== undefined) return note.ended;
    const error = told(this.#adoptions.problem(note.job));
    return { ...waitingSummary(note, this.#scope.runtime.host.clock.now()), error };
  }

  async #start(start: JobStart): Promise<Job> {
    const { module, given, submissionKey } = start;
    const { name } = module;
    const { host } = this.#scope.runtime;
    const known = this.#adopted.get(submissionKey);
    const id = known ?? host.ids.next(name);
    if (known === undefined) {
      const submittedAt = host.clock.now();
      const params = given as JsonValue;
      await this.#notes.set({ v: 1, job: id, name, params, submissionKey, submittedAt, wish: "run" });
    }
    try {
      const paused = this.#notes.get(id)?.wish === "pause";
      const job = await this.jobs.start(start, id, (outcome) => this.#ending(id, outcome), paused);
      this.#watch(job, submissionKey);
      return job;
    } catch (error) {
      const goesOn = this.#scope.seat.lost.aborted || this.jobs.pool.closed !== undefined;
      if (known === undefined && !goesOn) await this.#notes.delete(id);
      throw error;
    }
  }

  /** Forgets jobs that have ended long ago. */
  #prune(): void {
    const { clock, logger } = this.#scope.runtime.host;
    for (const { job, ended } of this.#notes.list()) {
      if (ended === undefined || clock.now() - ended.startedAt - ended.durationMs < keptMs) continue;
      this.forget(job).catch((error: unknown) =>
        logger.warn(() => `Job "${job}" could not be forgotten: ${reasonOf(error)}`, { job, error }),
      );
    }
  }

  /** What becomes of a job is certain: no manager begins it anew from now on. */
  #ending(id: string, outcome: TaskOutcome): Promise<void> {
    const { state } = outcome;
    const ending = outcome.state === "failed" ? { state, error: told(outcome.error) } : { state };
    return this.#notes.change(id, { ending });
  }

  #watch(job: Job, submissionKey: string): void {
    this.#running.add(job);
    const { logger } = this.#scope.runtime.host;
    const ended = async (): Promise<void> => {
      this.#running.delete(job);
      if (this.#scope.seat.lost.aborted || !isTerminal(job.report().state)) return; // it goes on elsewhere
      await this.#notes.change(job.id, { ended: summaryOf(job, submissionKey) });
      this.#prune();
    };
    job.done
      .catch(() => undefined)
      .then(ended)
      .catch((error: unknown) => {
        if (hasCode(error, "SEAT_LOST")) return;
        logger.error(() => `How job "${job.id}" has ended could not be noted: ${reasonOf(error)}`, { error });
      });
  }

  /** Goes on with a job that an earlier manager has left. */
  async #adopt({ job: id, name, params, submissionKey, wish: before, ending }: JobNote): Promise<void> {
    const { logger, clock } = this.#scope.runtime.host;
    this.#adopted.set(submissionKey, id);
    const over = ending ?? (before === "cancel" ? { state: "cancelled" } : undefined);
    if (over !== undefined) {
      await this.jobs.cleanUp(await this.#inner.checked(name, params), id);
      const ended = { ...waitingSummary(this.#notes.get(id) as JobNote, clock.now()), ...over } as JobSummary;
      await this.#notes.change(id, { ended });
      return;
    }
    const job = await this.#inner.adopt({ name, params, submissionKey });
    logger.info(`Goes on with job "${id}"`, { job: id });
    const { wish = "run" } = this.#notes.get(id) ?? {};
    if (wish === "pause") void job.pause();
    else if (wish === "run") job.resume();
    else job.stop({ drain: wish === "drain" }).catch(() => undefined); // how it ends is told by its state
  }
}
