import type { Runtime } from "../api/runtime.ts";
import { type AnyJobModule, checkedParams, JobRegistry } from "../control/job-registry.ts";
import type { JobPart } from "../dispatch/job-part.ts";
import { SageError } from "../errors/sage-error.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import { shapeOf } from "../graph/shape-of.ts";
import type { LoggedLine } from "../host/log-tail.ts";
import { changesOf, type JobShape } from "../state/job-shape.ts";
import { jobDigest } from "./job-digest.ts";
import type { PlacementFacts } from "./worker-message.ts";

/** A part of a job that was made here. */
interface MadePart {
  readonly part: JobPart;
  readonly graph: ExecutionGraph;
}

/** A part of a job, for one of its users. */
export interface UsedPart extends MadePart {
  /** The user needs it no longer, and has ended; to be called once. */
  release(): Promise<void>;
}

/** A job of which a part lives here. */
interface HostedJob {
  readonly pass: string;
  readonly made: Promise<MadePart>;
  /** Settles when nobody needs it any more. */
  readonly closed: Promise<void>;
  readonly close: () => void;
  users: number;
  /** Whether its last user has left. */
  closing: boolean;
}

/** How long the part of a job for an earlier manager may take to end before that for the next one is made, in ms. */
const replaceMs = 5000;

/** The jobs of which parts live in this process, each built once. */
export class HostedJobs {
  /** Digests of the modules, by name. */
  readonly digests: Readonly<Record<string, string>>;
  readonly #runtime: Runtime;
  readonly #registry: JobRegistry;
  readonly #worker: string;
  readonly #jobs = new Map<string, HostedJob>();

  /** Called with a part that another manager has another one made for: it is to be given up. */
  onReplaced: (part: JobPart) => void = () => undefined;
  /** Told of lines of the logs of jobs. */
  onLog: (job: string, line: LoggedLine) => void = () => undefined;

  /** @throws SageError `INVALID_OPTION` when two modules have one name. */
  constructor(runtime: Runtime, modules: readonly AnyJobModule[], worker: string) {
    this.#runtime = runtime;
    this.#registry = new JobRegistry(modules);
    this.#worker = worker;
    this.digests = Object.fromEntries(modules.map((module) => [module.name, jobDigest(module)]));
  }

  /**
   * The part of a job that lives here.
   *
   * @throws SageError `JOB_UNKNOWN`, `JOB_VERSION_MISMATCH`, `JOB_PARAMS_INVALID`, `JOB_CHANGED`, and what building it throws.
   */
  async use(facts: PlacementFacts): Promise<UsedPart> {
    const known = this.#jobs.get(facts.job);
    const job = known?.pass === facts.pass && !known.closing ? known : this.#begin(facts, known);
    job.users++;
    const release = async (): Promise<void> => {
      if (--job.users > 0) return;
      job.closing = true;
      const made = await job.made.catch(() => undefined);
      await Promise.resolve(made?.part.close()).finally(() => {
        if (this.#jobs.get(facts.job) === job) this.#jobs.delete(facts.job);
        job.close();
      });
    };
    try {
      const made = await job.made;
      await made.part.know(facts.services);
      return { ...made, release };
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** The part of this job that lives here, once it is made. */
  async find(job: string): Promise<JobPart | undefined> {
    const made = await this.#jobs.get(job)?.made.catch(() => undefined);
    return made?.part;
  }

  #begin(facts: PlacementFacts, before: HostedJob | undefined): HostedJob {
    let close = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const made = (before === undefined ? Promise.resolve() : this.#replace(before)).then(() =>
      this.#make(facts),
    );
    made.catch(() => undefined); // its users hear of it
    const job = { pass: facts.pass, made, closed, close, users: 0, closing: false };
    this.#jobs.set(facts.job, job);
    return job;
  }

  async #replace(before: HostedJob): Promise<void> {
    const made = await before.made.catch(() => undefined);
    if (made !== undefined) this.onReplaced(made.part);
    const { clock } = this.#runtime.host;
    const over = new AbortController();
    await Promise.race([before.closed, clock.sleep(replaceMs, over.signal).catch(() => undefined)]);
    over.abort();
  }

  async #make(facts: PlacementFacts): Promise<MadePart> {
    const { module: name, digest: expected, job: id, pass } = facts;
    const module = this.#registry.get(name);
    const digest = this.digests[name] as string;
    if (digest !== expected)
      throw new SageError("JOB_VERSION_MISMATCH", { name, worker: this.#worker, digest, expected });
    const params = await checkedParams(module, facts.params);
    const env = this.#runtime.environment(module.name);
    await module.build(env, params);
    const { pipeline, settings } = env.submission(module.options);
    const problems = changesOf(facts.shape as unknown as JobShape, shapeOf(pipeline.graph, id));
    if (problems.length > 0) throw new SageError("JOB_CHANGED", { job: id, problems });
    const onLog = (line: LoggedLine): void => this.onLog(id, line);
    return { part: this.#runtime.jobs.part({ id, pipeline, settings, pass, onLog }), graph: pipeline.graph };
  }
}
