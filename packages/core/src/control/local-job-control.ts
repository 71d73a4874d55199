import type { Runtime } from "../api/runtime.ts";
import type { JsonValue } from "../errors/json.ts";
import { hasCode, SageError } from "../errors/sage-error.ts";
import type { Job } from "../job/job.ts";
import { taskMetrics } from "../job/job-metrics.ts";
import { canonicalJson } from "../packet/json-copy.ts";
import type { TaskReport } from "../task/task.port.ts";
import { checkArguments } from "./control-arguments.ts";
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
} from "./job-control.ts";
import { JobEnds } from "./job-ends.ts";
import { type AnyJobModule, checkedParams, JobRegistry } from "./job-registry.ts";
import { summaryOf } from "./job-summary.ts";
import { pageOf } from "./page.ts";

/** What was submitted under a key. */
interface Submission {
  readonly key: string;
  readonly name: string;
  /** Equal for equal names and parameters. */
  readonly fingerprint: string;
  readonly started: Promise<string>;
  /** Once it has started. */
  id: string | null;
}

const defaultWaitMs = 30_000;
const defaultLines = 100;

/** What becomes a job. */
export interface JobStart {
  readonly module: AnyJobModule;
  /** As they were given, and as its schema makes them. */
  readonly given: unknown;
  readonly params: unknown;
  readonly submissionKey: string;
}

/** Starts jobs. */
export type JobStarter = (start: JobStart) => Promise<Job>;

/** Controls the jobs of a runtime in this process. */
export class LocalJobControl implements JobControl {
  readonly #runtime: Runtime;
  readonly #registry: JobRegistry;
  readonly #ends: JobEnds;
  readonly #starter: JobStarter;
  readonly #byKey = new Map<string, Submission>();
  readonly #byId = new Map<string, Submission>();

  /** @throws SageError `INVALID_OPTION` when two modules have one name. */
  constructor(runtime: Runtime, jobs: readonly AnyJobModule[], starter?: JobStarter) {
    this.#runtime = runtime;
    this.#starter = starter ?? ((start) => this.#startHere(start));
    this.#registry = new JobRegistry(jobs);
    this.#ends = new JobEnds(runtime.host.clock);
  }

  async submit(request: JobRequest): Promise<JobSummary> {
    const { name, params, submissionKey } = checkArguments("submit", request);
    const module = this.#registry.get(name);
    const key = submissionKey ?? this.#runtime.host.ids.next("submission");
    const fingerprint = fingerprintOf(name, params);
    const known = this.#kept(this.#byKey.get(key));
    if (known !== undefined && known.fingerprint !== fingerprint) {
      const { name: other, id: job } = known;
      throw new SageError("SUBMISSION_CONFLICT", { submissionKey: key, name: other, job });
    }
    const submission = known ?? this.#begin(key, module, params, fingerprint);
    return this.#summary(this.#job(await submission.started));
  }

  /** @internal What a job is made of. @throws as `submit`. */
  async checked(name: string, given: unknown): Promise<Pick<JobStart, "module" | "params">> {
    const module = this.#registry.get(name);
    return { module, params: await checkedParams(module, given) };
  }

  /** @internal Goes on with a job that was submitted through an earlier control. */
  async adopt({ name, params, submissionKey: key }: Required<JobRequest>): Promise<Job> {
    const submission = this.#begin(
      key as string,
      this.#registry.get(name),
      params,
      fingerprintOf(name, params),
    );
    return this.#job(await submission.started);
  }

  async status(job: string): Promise<JobSummary> {
    checkArguments("status", { job });
    return this.#summary(this.#job(job));
  }

  async list(options: ListOptions = {}): Promise<Page<JobSummary>> {
    const { state, after, limit } = checkArguments("list", options);
    const jobs = [...this.#byId.values()].filter((known) => this.#kept(known) !== undefined);
    // Where the page begins is looked up among all jobs, since the one before may have left the state.
    const page = pageOf(
      jobs,
      ({ id }) => id as string,
      { after, limit },
      ({ id }) => {
        return state === undefined || this.#job(id as string).status() === state;
      },
    );
    return { ...page, entries: page.entries.map(({ id }) => this.#summary(this.#job(id as string))) };
  }

  async tasks(job: string, options: PageOptions = {}): Promise<Page<TaskReport>> {
    const { after, limit } = checkArguments("tasks", { ...options, job });
    return pageOf(this.#job(job).report().tasks, ({ id }) => id, { after, limit });
  }

  async metrics(job: string, options: PageOptions = {}): Promise<MetricsPage> {
    const { entries, ...rest } = await this.tasks(job, options);
    const { state, process } = this.#job(job).metrics();
    return { ...rest, entries: entries.map(taskMetrics), state, process };
  }

  async logs(job: string, options: PageOptions = {}): Promise<Page<NumberedLogLine>> {
    const { after, limit = defaultLines } = checkArguments("logs", { ...options, job });
    const { lines } = this.#job(job);
    const entries = lines.behind(after, limit);
    const last = entries.at(-1)?.id;
    const more = last !== undefined && lines.behind(last, 1).length > 0;
    return { entries, ...(more ? { next: last } : {}) };
  }

  async collected(job: string, options: CollectedOptions): Promise<Page<CollectedRecord>> {
    const { step, after, limit } = checkArguments("collected", { ...options, job });
    const records = this.#job(job).collectedBy(step);
    if (records === undefined) throw noSuchStep(step);
    const entries = records.map((record, n) => ({ id: String(n), record: record as JsonValue }));
    return pageOf(entries, ({ id }) => id, { after, limit });
  }

  async pause(job: string, options: WaitOptions = {}): Promise<JobSummary> {
    const { timeoutMs = defaultWaitMs } = checkArguments("pause", { ...options, job });
    const found = this.#job(job);
    const paused = new AbortController();
    const late = this.#runtime.host.clock.sleep(timeoutMs, paused.signal).catch(() => undefined);
    await Promise.race([found.pause(), late]);
    paused.abort();
    return this.#summary(found);
  }

  async resume(job: string): Promise<JobSummary> {
    checkArguments("resume", { job });
    const found = this.#job(job);
    found.resume();
    return this.#summary(found);
  }

  async stop(job: string, options: JobStop = {}): Promise<JobSummary> {
    const { drain = true, timeoutMs = defaultWaitMs } = checkArguments("stop", { ...options, job });
    const found = this.#job(job);
    try {
      await found.stop({ drain, timeoutMs });
    } catch (error) {
      if (hasCode(error, "STOP_TIMEOUT") || hasCode(error, "SEAT_LOST")) throw error;
      // That it has failed is told by its state.
    }
    return this.#summary(found);
  }

  async wait(job: string, options: WaitOptions = {}): Promise<JobSummary> {
    const { timeoutMs = defaultWaitMs } = checkArguments("wait", { ...options, job });
    const found = this.#job(job);
    await this.#ends.wait(found, timeoutMs);
    return this.#summary(found);
  }

  async forget(job: string): Promise<boolean> {
    checkArguments("forget", { job });
    const { id } = this.#job(job);
    const forgotten = this.#runtime.jobs.forget(id);
    this.#kept(this.#byId.get(id));
    return forgotten;
  }

  #begin(key: string, module: AnyJobModule, params: unknown, fingerprint: string): Submission {
    const started = this.#start(module, params, key);
    const submission: Submission = { key, name: module.name, fingerprint, started, id: null };
    this.#byKey.set(key, submission);
    started.then(
      (id) => {
        submission.id = id;
        this.#byId.set(id, submission);
      },
      () => this.#byKey.delete(key), // nothing is left of it: the next one may succeed
    );
    return submission;
  }

  async #start(module: AnyJobModule, given: unknown, submissionKey: string): Promise<string> {
    const params = await checkedParams(module, given);
    return (await this.#starter({ module, given, params, submissionKey })).id;
  }

  async #startHere({ module, params }: JobStart): Promise<Job> {
    const env = this.#runtime.environment(module.name);
    await module.build(env, params);
    return env.submit(module.options);
  }

  /** A submission, unless its job was forgotten; then it is, too. */
  #kept(submission: Submission | undefined): Submission | undefined {
    if (submission === undefined || submission.id === null) return submission;
    if (this.#runtime.jobs.find(submission.id) !== undefined) return submission;
    this.#byId.delete(submission.id);
    this.#byKey.delete(submission.key);
    return undefined;
  }

  #job(id: string): Job {
    const job = this.#kept(this.#byId.get(id)) === undefined ? undefined : this.#runtime.jobs.find(id);
    if (job === undefined) throw new SageError("JOB_NOT_FOUND", { job: id });
    return job;
  }

  #summary(job: Job): JobSummary {
    return summaryOf(job, this.#byId.get(job.id)?.key as string);
  }
}

function noSuchStep(step: string): SageError {
  const problem = `is "${step}", which is no step that collects`;
  return new SageError("INVALID_OPTION", { path: "step", problem, expected: "the name of a collect step" });
}

/** Equal for equal names and parameters. */
export function fingerprintOf(name: string, params: unknown): string {
  return canonicalJson([name, params as JsonValue]);
}
