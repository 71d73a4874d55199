import {
  type JobRequest,
  type JobSummary,
  type ListOptions,
  LocalJobControl,
  type Page,
  SageError,
  type WaitOptions,
} from "@sage-kernel/core";
import type { Mutant } from "../contract/mutant.ts";
import { jobControlMutant } from "./job-control-mutant.ts";
import type { JobControlSubject } from "./job-control-subject.ts";

/** What may be wrong with questions, waits and arguments. */
export const questionMutants: readonly Mutant<JobControlSubject>[] = [
  jobControlMutant(
    "JM-14",
    "answers questions when the commands before them are done",
    ["J-18"],
    class extends LocalJobControl {
      #last: Promise<unknown> = Promise.resolve();

      override stop(...given: Parameters<LocalJobControl["stop"]>): Promise<JobSummary> {
        const stopped = super.stop(...given);
        this.#last = stopped;
        return stopped;
      }
      override async status(job: string): Promise<JobSummary> {
        await this.#last;
        return super.status(job);
      }
    },
  ),
  jobControlMutant(
    "JM-15",
    "has one page, with everything on it",
    ["J-18"],
    class extends LocalJobControl {
      override list({ after: _, limit, ...options }: ListOptions = {}): Promise<Page<JobSummary>> {
        return super.list({
          ...options,
          limit: limit === undefined || limit < 1 ? 1000 : Math.max(1000, limit),
        });
      }
    },
  ),
  jobControlMutant(
    "JM-16",
    "does nothing about a job that is not there",
    ["J-20"],
    class extends LocalJobControl {
      override async resume(job: string): Promise<JobSummary> {
        return super.resume(job).catch(() => ({}) as JobSummary);
      }
    },
  ),
  jobControlMutant(
    "JM-17",
    "waits as long as it takes",
    ["J-21"],
    class extends LocalJobControl {
      override wait(job: string): Promise<JobSummary> {
        return super.wait(job, { timeoutMs: 1e9 });
      }
    },
  ),
  jobControlMutant(
    "JM-18",
    "waits until its time is over, whether the job has ended or not",
    ["J-21"],
    class extends LocalJobControl {
      override async wait(...given: Parameters<LocalJobControl["wait"]>): Promise<JobSummary> {
        const before = await this.status(given[0]);
        await super.wait(...given);
        return before;
      }
    },
  ),
  jobControlMutant(
    "JM-19",
    "forgets a job that runs",
    ["J-23"],
    class extends LocalJobControl {
      override async forget(job: string): Promise<boolean> {
        await super.stop(job, { drain: false });
        return super.forget(job);
      }
    },
  ),
  jobControlMutant(
    "JM-20",
    "keeps the key of what it has forgotten",
    ["J-23"],
    class extends LocalJobControl {
      readonly #first = new Map<string, JobSummary>();

      override async submit(request: JobRequest): Promise<JobSummary> {
        const { submissionKey: key = "" } = request;
        const known = this.#first.get(key);
        const summary =
          known === undefined ? await super.submit(request) : await super.submit(request).then(() => known);
        if (key !== "") this.#first.set(key, summary);
        return summary;
      }
    },
  ),
  jobControlMutant(
    "JM-21",
    "takes the nearest number for a time that is none",
    ["J-22"],
    class extends LocalJobControl {
      override wait(job: string, { timeoutMs = 30_000 }: WaitOptions = {}): Promise<JobSummary> {
        return super.wait(job, {
          timeoutMs: Number(timeoutMs) > 0 && timeoutMs < 1e9 ? Number(timeoutMs) : 0,
        });
      }
    },
  ),
  jobControlMutant(
    "JM-22",
    "waits for the records in flight of a paused job, as long as they take",
    ["J-24"],
    class extends LocalJobControl {
      override pause(job: string): Promise<JobSummary> {
        return super.pause(job, { timeoutMs: 1e9 });
      }
    },
  ),
  jobControlMutant(
    "JM-23",
    "compares parameters as texts",
    ["J-01"],
    class extends LocalJobControl {
      readonly #texts = new Map<string, string>();

      override submit(request: JobRequest): Promise<JobSummary> {
        const { name, params, submissionKey: key = "" } = request;
        const text = JSON.stringify([name, params]);
        if (key !== "" && (this.#texts.get(key) ?? text) !== text)
          throw new SageError("SUBMISSION_CONFLICT", { submissionKey: key, name, job: null });
        if (key !== "") this.#texts.set(key, text);
        return super.submit(request);
      }
    },
  ),
  jobControlMutant(
    "JM-24",
    "has nothing on the second page",
    ["J-18"],
    class extends LocalJobControl {
      override async tasks(...[job, page]: Parameters<LocalJobControl["tasks"]>) {
        const found = await super.tasks(job, page);
        return page?.after === undefined ? found : { entries: [] };
      }
    },
  ),
  jobControlMutant(
    "JM-25",
    "logs what it is asked for",
    ["J-19"],
    class extends LocalJobControl {
      readonly #log: (request: JobRequest) => void;

      constructor(...given: ConstructorParameters<typeof LocalJobControl>) {
        super(...given);
        this.#log = ({ params }) =>
          given[0].host.logger.debug("submit", { params: String(Object.values(Object(params))) });
      }
      override submit(request: JobRequest): Promise<JobSummary> {
        this.#log(request);
        return super.submit(request);
      }
    },
  ),
  jobControlMutant(
    "JM-26",
    "keeps no line of what a job has logged",
    ["J-25"],
    class extends LocalJobControl {
      override async logs() {
        return { entries: [] };
      }
    },
  ),
];
