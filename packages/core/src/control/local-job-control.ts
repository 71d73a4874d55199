import type { Runtime } from "../api/runtime.ts";
import type { JsonValue } from "../errors/json.ts";
import { describeValue, hasCode, SageError } from "../errors/sage-error.ts";
import type { Job } from "../job/job.ts";
import { taskMetrics } from "../job/job-metrics.ts";
import { canonicalJson, checkedJson, pathOf } from "../packet/json-copy.ts";
import type { TaskReport } from "../task/task.port.ts";
import type {
  JobControl,
  JobRequest,
  JobStop,
  JobSummary,
  ListOptions,
  MetricsPage,
  Page,
  PageOptions,
} from "./job-control.ts";
import { type AnyJobModule, checkedParams, JobRegistry } from "./job-registry.ts";
import { summaryOf } from "./job-summary.ts";
import { pageOf } from "./page.ts";

/** What was submitted under a key. */
interface Submitted {
  readonly fingerprint: string;
  readonly name: string;
  readonly job: Promise<Job>;
}

const defaultWaitMs = 30_000;
const longestKey = 200;

/** Controls the jobs of a runtime in this process. */
export class LocalJobControl implements JobControl {
  readonly #runtime: Runtime;
  readonly #registry: JobRegistry;
  /** By submission key. */
  readonly #submitted = new Map<string, Submitted>();
  /** Submission keys by the ids of their jobs; other jobs of the runtime are not controlled here. */
  readonly #keys = new Map<string, string>();

  /** @throws SageError `INVALID_OPTION` when two modules have one name. */
  constructor(runtime: Runtime, jobs: readonly AnyJobModule[]) {
    this.#runtime = runtime;
    this.#registry = new JobRegistry(jobs);
  }

  async submit({ name, params, submissionKey }: JobRequest): Promise<JobSummary> {
    const module = this.#registry.get(name);
    const key = submissionKey ?? this.#runtime.host.ids.next("submission");
    if (typeof key !== "string" || key === "" || key.length > longestKey) {
      const expected = `a string of 1 to ${longestKey} characters`;
      throw invalid("submissionKey", key, expected);
    }
    const given = checkedJson(params, (keys, got) => {
      const problems = [`params${pathOf(keys)}: is ${got}, and parameters must be JSON`];
      return new SageError("JOB_PARAMS_INVALID", { name, problems });
    });
    const fingerprint = canonicalJson([name, given]);
    const known = this.#submitted.get(key);
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint)
        throw new SageError("SUBMISSION_CONFLICT", { submissionKey: key, job: known.name });
      return this.#summary(await known.job);
    }
    const job = this.#start(module, given, key);
    this.#submitted.set(key, { fingerprint, name, job });
    job.catch(() => this.#submitted.delete(key)); // nothing is left of it: the next one may succeed
    return this.#summary(await job);
  }

  async status(job: string): Promise<JobSummary> {
    return this.#summary(this.#job(job));
  }

  async list({ state, ...page }: ListOptions = {}): Promise<Page<JobSummary>> {
    const jobs = [...this.#keys.keys()].map((id) => this.#runtime.jobs.get(id));
    // The page is found among all jobs, since the one it begins behind may have left the state.
    const wanted = page.after === undefined ? jobs : jobs.slice(jobs.indexOf(this.#job(page.after)) + 1);
    const inState = wanted.filter((job) => state === undefined || job.status() === state);
    const { entries, ...rest } = pageOf(inState, ({ id }) => id, { limit: page.limit ?? 100 });
    return { ...rest, entries: entries.map((job) => this.#summary(job)) };
  }

  async tasks(job: string, page?: PageOptions): Promise<Page<TaskReport>> {
    return pageOf(this.#job(job).report().tasks, ({ id }) => id, page);
  }

  async metrics(job: string, page?: PageOptions): Promise<MetricsPage> {
    const { entries, ...rest } = await this.tasks(job, page);
    const { state, process } = this.#job(job).metrics();
    return { ...rest, entries: entries.map(taskMetrics), state, process };
  }

  async pause(job: string): Promise<JobSummary> {
    const found = this.#job(job);
    await found.pause();
    return this.#summary(found);
  }

  async resume(job: string): Promise<JobSummary> {
    const found = this.#job(job);
    found.resume();
    return this.#summary(found);
  }

  async stop(job: string, options?: JobStop): Promise<JobSummary> {
    const found = this.#job(job);
    try {
      await found.stop(options);
    } catch (error) {
      // That it has failed is told by its state.
      if (hasCode(error, "STOP_TIMEOUT") || hasCode(error, "INVALID_OPTION")) throw error;
    }
    return this.#summary(found);
  }

  async wait(job: string, { timeoutMs = defaultWaitMs }: { timeoutMs?: number } = {}): Promise<JobSummary> {
    const found = this.#job(job);
    if (typeof timeoutMs !== "number" || !(timeoutMs >= 0))
      throw invalid("timeoutMs", timeoutMs, "0 or more, in ms");
    const timer = new AbortController();
    const over = this.#runtime.host.clock.sleep(timeoutMs, timer.signal);
    const ended = found.done.finally(() => timer.abort());
    await Promise.race([over, ended].map((promise) => promise.then(nothing, nothing)));
    return this.#summary(found);
  }

  async #start(module: AnyJobModule, given: JsonValue, key: string): Promise<Job> {
    const params = await checkedParams(module, given);
    const env = this.#runtime.environment(module.name);
    await module.build(env, params);
    const job = await env.submit(module.options);
    this.#keys.set(job.id, key);
    return job;
  }

  #job(id: string): Job {
    if (!this.#keys.has(id)) throw new SageError("JOB_NOT_FOUND", { job: id });
    return this.#runtime.jobs.get(id);
  }

  #summary(job: Job): JobSummary {
    return summaryOf(job, this.#keys.get(job.id) as string);
  }
}

const nothing = (): void => undefined;

function invalid(path: string, value: unknown, expected: string): SageError {
  return new SageError("INVALID_OPTION", { path, problem: `is ${describeValue(value)}`, expected });
}
