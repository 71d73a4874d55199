import {
  hasCode,
  type JobRequest,
  type JobStop,
  type JobSummary,
  type ListOptions,
  LocalJobControl,
  type Page,
  SageError,
} from "@sage-kernel/core";
import type { Mutant } from "../contract/mutant.ts";
import { jobControlMutant } from "./job-control-mutant.ts";
import type { JobControlSubject } from "./job-control-subject.ts";

/** What may be wrong when jobs are submitted, live and end. */
export const lifeMutants: readonly Mutant<JobControlSubject>[] = [
  jobControlMutant(
    "JM-01",
    "makes a job of each repetition",
    ["J-01"],
    class extends LocalJobControl {
      override submit({ name, params }: JobRequest): Promise<JobSummary> {
        return super.submit({ name, params });
      }
    },
  ),
  jobControlMutant(
    "JM-02",
    "answers the job of a key whatever else is asked for",
    ["J-01"],
    class extends LocalJobControl {
      readonly #first = new Map<string, JobRequest>();

      override submit(request: JobRequest): Promise<JobSummary> {
        const { submissionKey: key = "" } = request;
        if (key !== "" && !this.#first.has(key)) this.#first.set(key, request);
        return super.submit(this.#first.get(key) ?? request);
      }
    },
  ),
  jobControlMutant(
    "JM-03",
    "tells the first problem only",
    ["J-02"],
    class extends LocalJobControl {
      override async submit(request: JobRequest): Promise<JobSummary> {
        try {
          return await super.submit(request);
        } catch (error) {
          if (!hasCode(error, "JOB_PARAMS_INVALID")) throw error;
          const problems = (error.details.problems as readonly string[]).slice(0, 1);
          throw new SageError("JOB_PARAMS_INVALID", { name: request.name, problems });
        }
      }
    },
  ),
  jobControlMutant(
    "JM-04",
    "keeps the key of a submission that was refused",
    ["J-02"],
    class extends LocalJobControl {
      readonly #refused = new Map<string, unknown>();

      override async submit(request: JobRequest): Promise<JobSummary> {
        const { submissionKey: key = "" } = request;
        if (this.#refused.has(key)) throw this.#refused.get(key);
        return super.submit(request).catch((error: unknown) => {
          if (key !== "") this.#refused.set(key, error);
          throw error;
        });
      }
    },
  ),
  jobControlMutant(
    "JM-05",
    "lists what was refused",
    ["J-02", "J-05", "J-06"],
    class extends LocalJobControl {
      #refused = 0;

      override async submit(request: JobRequest): Promise<JobSummary> {
        return super.submit(request).catch((error: unknown) => {
          this.#refused++;
          throw error;
        });
      }
      override async list(options?: ListOptions): Promise<Page<JobSummary>> {
        const page = await super.list(options);
        const refused = Array.from({ length: this.#refused }, () => ({}) as JobSummary);
        return { ...page, entries: [...page.entries, ...refused] };
      }
    },
  ),
  jobControlMutant(
    "JM-06",
    "submits with the guarantee that can be had",
    ["J-05"],
    class extends LocalJobControl {
      constructor(...[runtime, jobs]: ConstructorParameters<typeof LocalJobControl>) {
        super(
          runtime,
          jobs.map(({ options: _, ...job }) => job),
        );
      }
    },
  ),
  jobControlMutant(
    "JM-07",
    "does not say why a job does not start",
    ["J-06"],
    class extends LocalJobControl {
      override async submit(request: JobRequest): Promise<JobSummary> {
        return super.submit(request).catch((error: unknown) => {
          if (!hasCode(error, "SERVICE_START_FAILED")) throw error;
          const facts = { service: "broken", phase: "start", reason: "something failed" };
          throw new SageError("SERVICE_START_FAILED", facts);
        });
      }
    },
  ),
  jobControlMutant(
    "JM-08",
    "shows what a job was given",
    ["J-19"],
    class extends LocalJobControl {
      readonly #given = new Map<string, unknown>();

      override async submit(request: JobRequest): Promise<JobSummary> {
        const summary = await super.submit(request);
        this.#given.set(summary.job, request.params);
        return summary;
      }
      override async wait(...given: Parameters<LocalJobControl["wait"]>): Promise<JobSummary> {
        const summary = await super.wait(...given);
        return { ...summary, params: this.#given.get(summary.job) } as JobSummary;
      }
    },
  ),
  jobControlMutant(
    "JM-09",
    "says that it runs after each resume",
    ["J-03"],
    class extends LocalJobControl {
      override async resume(job: string): Promise<JobSummary> {
        return { ...(await super.resume(job)), state: "running" };
      }
    },
  ),
  jobControlMutant(
    "JM-10",
    "pauses at the second time of asking",
    ["J-03"],
    class extends LocalJobControl {
      readonly #asked = new Set<string>();

      override async pause(job: string): Promise<JobSummary> {
        if (this.#asked.has(job)) return super.pause(job);
        this.#asked.add(job);
        return this.status(job);
      }
    },
  ),
  jobControlMutant(
    "JM-11",
    "stops all jobs with one",
    ["J-04"],
    class extends LocalJobControl {
      override async stop(job: string, options?: JobStop): Promise<JobSummary> {
        const { entries } = await super.list();
        for (const { job: other } of entries) if (other !== job) await super.stop(other, { drain: false });
        return super.stop(job, options);
      }
    },
  ),
  jobControlMutant(
    "JM-12",
    "says that a job is completed once its sources are",
    ["J-07"],
    class extends LocalJobControl {
      override async wait(...given: Parameters<LocalJobControl["wait"]>): Promise<JobSummary> {
        const summary = await super.wait(...given);
        const [source] = (await this.tasks(summary.job)).entries;
        return source?.state === "completed" && summary.state === "running"
          ? { ...summary, state: "completed" }
          : summary;
      }
    },
  ),
  jobControlMutant(
    "JM-13",
    "answers each stop with what was asked for",
    ["J-08"],
    class extends LocalJobControl {
      override async stop(job: string, options?: JobStop): Promise<JobSummary> {
        const summary = await super.stop(job, options);
        return { ...summary, state: options?.drain === false ? "cancelled" : "completed" };
      }
    },
  ),
];
