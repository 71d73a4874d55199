import { describeValue, SageError } from "../errors/sage-error.ts";
import { type CompiledPipeline, compile } from "../graph/compile.ts";
import type { StepOptions } from "../graph/step-options.ts";
import type { Job } from "../job/job.ts";
import type { JobManager, JobSettings } from "../job/job-manager.ts";
import { PassOperator } from "../operator/pass-operator.ts";
import { isSource, openSource, type SourceInput } from "../operator/source-input.ts";
import type { PartitionerFactory } from "../routing/partitioner.port.ts";
import { DataStream } from "./data-stream.ts";
import { Declaration } from "./declaration.ts";

/** Options of one submission. */
export interface SubmitOptions {
  /** Most records in one unit of work. Default 256. */
  readonly maxBatch?: number;
  /** How long one unit of work may take before the next ones are made smaller, in ms. Default 5. */
  readonly maxBatchMs?: number;
  /** Dead letters kept before the job fails rather than lose one. Default 10,000. */
  readonly deadLetterCapacity?: number;
}

/** What an environment works with. */
export interface EnvironmentScope {
  readonly jobs: JobManager;
  readonly queueKind: string;
  readonly queueCapacity: number;
  readonly defaults: JobSettings;
  /** Iterators and async iterables that a job of this runtime has taken. */
  readonly consumed: WeakSet<object>;
}

/** Where a pipeline is declared and submitted, as often as wanted: each submission is a job of its own. */
export class Environment {
  /** Name of the pipeline; jobs take it as the beginning of their ids. */
  readonly name: string;
  readonly #scope: EnvironmentScope;
  readonly #declaration = new Declaration();
  readonly #partitioners = new Map<string, PartitionerFactory>();

  /** @internal Environments come from `runtime.environment(name)`. */
  constructor(name: string, scope: EnvironmentScope) {
    this.name = name;
    this.#scope = scope;
  }

  /**
   * A stream of the items of an iterable, an async iterable such as a Node `Readable`, or a function that returns
   * one. Parallel instances share the items, each goes to one of them. A one-shot iterator serves one job; a
   * function is asked anew for each.
   */
  fromBatch<T>(items: SourceInput<T>, options: StepOptions = {}): DataStream<T> {
    const step = options.name ?? `source-${this.#declaration.steps.length + 1}`;
    const { consumed } = this.#scope;
    const source = this.#declaration.add({
      kind: "source",
      options,
      inputs: [],
      keyed: false,
      strategy: "round-robin",
      ...(typeof items === "function" || isSource(items)
        ? {}
        : {
            problem: {
              reason: "INVALID_SOURCE",
              message: `It reads from ${describeValue(items)}.`,
              remedy: "Pass an Iterable (not a string), an AsyncIterable, or a function that returns one.",
            },
          }),
      createRuntime: () => ({
        createOperator: () => new PassOperator(),
        createReader: openSource(step, items, consumed),
      }),
    });
    return new DataStream<T>(this.#declaration, [source]);
  }

  /**
   * Registers a partitioner, to be used by name in a step's `partitioner` option.
   *
   * @throws SageError `INVALID_OPTION` when the name is taken or built in.
   */
  registerPartitioner(name: string, create: PartitionerFactory): void {
    if (this.#partitioners.has(name) || ["round-robin", "hash", "broadcast", "custom"].includes(name)) {
      throw new SageError("INVALID_OPTION", {
        path: "name",
        problem: `"${name}" is taken`,
        expected: "another name",
      });
    }
    this.#partitioners.set(name, create);
  }

  /**
   * Compiles the pipeline without running it.
   *
   * @throws SageError `GRAPH_INVALID` with all problems at once.
   */
  compile(): CompiledPipeline {
    return compile({
      environment: this.#declaration,
      name: this.name,
      steps: this.#declaration.steps,
      partitioners: this.#partitioners,
      queueKind: this.#scope.queueKind,
      queueCapacity: this.#scope.queueCapacity,
    });
  }

  /**
   * Compiles, deploys and starts the pipeline. When it resolves, records may have flowed already.
   *
   * @throws SageError `GRAPH_INVALID` with all problems at once; `INVALID_OPTION`; `OPERATOR_FAILED` with the cause
   * when a function's constructor or `open` throws; `SOURCE_CONSUMED`; `RUNTIME_CLOSED`.
   */
  async submit(options: SubmitOptions = {}): Promise<Job> {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const settings = checkSettings({ ...this.#scope.defaults, ...Object.fromEntries(given) });
    return this.#scope.jobs.submit(this.compile(), settings);
  }
}

function checkSettings(settings: JobSettings): JobSettings {
  for (const path of ["maxBatch", "deadLetterCapacity"] as const) {
    const value = settings[path];
    const least = path === "maxBatch" ? 1 : 0;
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw new SageError("INVALID_OPTION", {
      path,
      problem: `is ${describeValue(value)}`,
      expected: `an integer of at least ${least}`,
    });
  }
  if (!(settings.maxBatchMs > 0)) {
    const problem = `is ${describeValue(settings.maxBatchMs)}`;
    throw new SageError("INVALID_OPTION", { path: "maxBatchMs", problem, expected: "a number above 0" });
  }
  return settings;
}
