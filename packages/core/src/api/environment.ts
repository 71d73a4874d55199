import { ServiceRef } from "../context/service-ref.ts";
import type { JsonValue } from "../errors/json.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";
import { type CompiledPipeline, compile } from "../graph/compile.ts";
import { type DeliveryOption, deliveryOptions } from "../graph/delivery.ts";
import type { QueuePlan } from "../graph/queue-plan.ts";
import type { RequestOptions, ServiceOptions, ServiceSource } from "../graph/service-declaration.ts";
import type { FutureOptions, SourceOptions, StepOptions } from "../graph/step-options.ts";
import { isPlugin, namePattern, nameRemedy } from "../graph/validate-options.ts";
import type { EnvironmentLogOptions } from "../host/log-files.port.ts";
import type { Job } from "../job/job.ts";
import type { JobManager } from "../job/job-manager.ts";
import type { JobSnapshot } from "../job/job-snapshot.ts";
import type { JobSettings, Submission } from "../job/submission.ts";
import type { Plugin } from "../operator/plugin.ts";
import type { ReplayableStep } from "../operator/replayable-source.ts";
import type { SourceStep } from "../operator/source-function.ts";
import type { SourceInput } from "../operator/source-input.ts";
import { builtInStrategies, type PartitionerFactory } from "../routing/partitioner.port.ts";
import type { WhenDeadLettersFull } from "../state/dead-letter-store.ts";
import { type RestartStrategy, restartProblemOf } from "../task/restart-strategy.ts";
import { Declaration } from "./declaration.ts";
import { declareBatch, declareReplayable, declareRequests, declareSource } from "./declare-source.ts";
import { recordsOf } from "./declare-step.ts";
import { FutureHandle, RequestHandle, StreamHandle } from "./stream-handle.ts";
import type { DataStream, FutureStream, RequestStream } from "./streams.ts";

const defaultMaxLoopRecords = 100_000;

/** Options of one submission. */
export interface SubmitOptions {
  /**
   * Id of the job; default: a new one. Where states and queues outlive the process, a job goes on where one of the same id
   * was killed. The pipeline and its options must be the same then.
   */
  readonly id?: string;
  /** Most records in one unit of work. Default 256. */
  readonly maxBatch?: number;
  /** How long one unit of work may take before the next ones are made smaller, in ms. Default 5. */
  readonly maxBatchMs?: number;
  /** With this many dead letters in `job.deadLetters` there is no room for more. Default 10,000. */
  readonly deadLetterCapacity?: number;
  /**
   * What happens when there is no room: `"fail"`: the job fails, which is the default. `"block"`: the task that has more
   * of them waits until letters are redriven or discarded, and with it, sooner or later, what is before it. None is
   * dropped.
   */
  readonly whenDeadLettersFull?: WhenDeadLettersFull;
  /**
   * When tasks that have failed are restarted whose step does not say; the failures of all of them count together.
   * Default: none, except where a step's `onError` asks for restarts.
   */
  readonly restart?: RestartStrategy;
  /**
   * What `job.snapshot()` of an earlier job of this pipeline has answered: go on from there. Steps with state keep
   * their names and kinds; the parallelism may be another one where state belongs to keys.
   */
  readonly from?: JobSnapshot;
  /**
   * How often each record takes effect, whatever fails. Default `auto`: the strongest level that sources and sinks can
   * give; the report says which one, and why.
   */
  readonly delivery?: DeliveryOption;
}

/** What an environment works with. */
export interface EnvironmentScope {
  readonly jobs: JobManager;
  readonly queues: QueuePlan;
  readonly defaults: JobSettings;
  /** Iterators and async iterables that a job of this runtime has taken. */
  readonly consumed: WeakSet<object>;
  /** How its jobs log; left out where the runtime's log will do. */
  readonly log?: EnvironmentLogOptions;
}

/**
 * Where a pipeline is declared and submitted, as often as wanted: each submission is a job of its own. `Name` is its
 * name as a type, which keeps streams of different environments apart.
 */
export class Environment<Name extends string = string> {
  /** Name of the pipeline; jobs take it as the beginning of their ids. */
  readonly name: Name;
  readonly #scope: EnvironmentScope;
  readonly #declaration = new Declaration();
  readonly #partitioners = new Map<string, PartitionerFactory>();
  readonly #plugins: Plugin[] = [];

  /** @internal Environments come from `runtime.environment(name)`. */
  constructor(name: Name, scope: EnvironmentScope) {
    this.name = name;
    this.#scope = scope;
  }

  /**
   * A stream of the items of an iterable, an async iterable such as a Node `Readable`, or a function that returns
   * one. Parallel instances share the items, each goes to one of them. A one-shot iterator serves one job; a
   * function is asked anew for each, and gets a signal that fires when the source is told to end.
   */
  fromBatch<T>(items: SourceInput<T>, options: StepOptions = {}): DataStream<T, Name> {
    const step = declareBatch(this.#declaration, items, options, this.#scope.consumed);
    return this.#stream(new StreamHandle(this.#declaration, [recordsOf(step)]));
  }

  /**
   * A stream of what a source function or class answers, one record at a time: `undefined` means nothing for now,
   * `endOfSource` the end. Every parallel instance has its own.
   */
  fromSource<T>(step: SourceStep<T>, options: SourceOptions = {}): DataStream<T, Name> {
    const source = declareSource(this.#declaration, step, options);
    return this.#stream(new StreamHandle(this.#declaration, [recordsOf(source)]));
  }

  /**
   * A stream of what a source reads that can be read again from a position: after a restart, or from a snapshot, it
   * goes on where the last commit stands. Its splits are spread over the parallel instances.
   */
  fromReplayable<T, P extends JsonValue>(
    step: ReplayableStep<T, P>,
    options: SourceOptions = {},
  ): DataStream<T, Name> {
    const source = declareReplayable(this.#declaration, step, options);
    return this.#stream(new StreamHandle(this.#declaration, [recordsOf(source)]));
  }

  /**
   * A stream of the requests that this pipeline is called with: it is a service of this name, with one method,
   * `process(request)`. Where the stream comes to `reply()`, the record there is the answer to the request that it stems
   * from. The job runs until it is stopped.
   */
  fromRequests<Req, Res>(name: string, options: RequestOptions = {}): RequestStream<Req, Res, Name> {
    const source = declareRequests(this.#declaration, name, options);
    const service = new ServiceRef<object>(name);
    return this.#stream(new RequestHandle(this.#declaration, [recordsOf(source)], service)) as RequestStream<
      Req,
      Res,
      Name
    >;
  }

  /**
   * A stream that is filled later, with `stream.fill(future)`: the way back of a feedback loop. It ends when the other
   * inputs of the loop have ended and nothing is left inside.
   */
  fromFuture<T>(name: string, options: FutureOptions = {}): FutureStream<T, Name> {
    const { maxLoopRecords = defaultMaxLoopRecords } = options;
    const slot = this.#declaration.addFuture(name, maxLoopRecords);
    return this.#stream(new FutureHandle(this.#declaration, slot)) as FutureStream<T, Name>;
  }

  /**
   * Registers a service: a class of which every instance makes one object, or a function that makes it. Its public
   * methods can be called from steps, other services and scripts. It starts before the tasks of a job and stops after
   * them. What is wrong with it is found at `submit()`.
   *
   * @returns its name and its type, for those who call it.
   */
  registerService<S extends object>(
    name: string,
    source: ServiceSource<S>,
    options: ServiceOptions = {},
  ): ServiceRef<S> {
    this.#declaration.addService({ name, source, options });
    return new ServiceRef<S>(name);
  }

  /**
   * Adds a plug-in to every step but the sources, outside of the step's own.
   *
   * @throws SageError `INVALID_OPTION` for what is no plug-in.
   */
  use(plugin: Plugin): void {
    if (!isPlugin(plugin)) {
      const problem = `is ${describeValue(plugin)}`;
      const expected = "an object with a name and before, around or after";
      throw new SageError("INVALID_OPTION", { path: "plugin", problem, expected });
    }
    this.#plugins.push(plugin);
  }

  /**
   * Registers a partitioner, to be used by name in a step's `partitioner` option.
   *
   * @throws SageError `INVALID_OPTION` when the name is taken or built in, or `create` is no function.
   */
  registerPartitioner(name: string, create: PartitionerFactory): void {
    if (typeof create !== "function") {
      const problem = `is ${describeValue(create)}`;
      throw new SageError("INVALID_OPTION", { path: "create", problem, expected: "a function" });
    }
    if (this.#partitioners.has(name) || [...builtInStrategies, "custom"].includes(name)) {
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
      futures: this.#declaration.futures,
      services: this.#declaration.services,
      problems: this.#declaration.problems,
      plugins: this.#plugins,
      partitioners: this.#partitioners,
      queues: this.#scope.queues,
    });
  }

  /**
   * Compiles, deploys and starts the pipeline. When it resolves, records may have flowed already.
   *
   * @throws SageError `GRAPH_INVALID` with all problems at once; `INVALID_OPTION`; `OPERATOR_FAILED` with the cause
   * when a function's constructor or `open` throws; `SERVICE_START_FAILED` when a service's constructor, `setup` or `start`
   * does; `SOURCE_CONSUMED`; `RUNTIME_CLOSED`.
   */
  async submit(options: SubmitOptions = {}): Promise<Job> {
    return this.#scope.jobs.submit(this.submission(options));
  }

  /** @internal What {@link submit} submits, for those who run it elsewhere. */
  submission(options: SubmitOptions = {}): Submission {
    const { id, from, ...others } = options;
    checkId(id);
    const given = Object.entries(others).filter(([, value]) => value !== undefined);
    const settings = checkSettings({ ...this.#scope.defaults, ...Object.fromEntries(given) });
    return { id, pipeline: this.compile(), settings, from, log: this.#scope.log };
  }

  /** The handle of a source as its user sees it; which methods its type has is decided there. */
  #stream<T>(handle: StreamHandle): DataStream<T, Name> {
    return handle as unknown as DataStream<T, Name>;
  }
}

function checkId(id: string | undefined): void {
  if (id === undefined || (typeof id === "string" && namePattern.test(id))) return;
  const problem = `is ${describeValue(id)}`;
  throw new SageError("INVALID_OPTION", { path: "id", problem, expected: nameRemedy });
}

/** What can happen to a task whose dead letters find no room. */
const whenFull: readonly unknown[] = ["fail", "block"] satisfies WhenDeadLettersFull[];

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
  checkWhenFull(settings);
  const problem = settings.restart === undefined ? undefined : restartProblemOf(settings.restart);
  if (problem !== undefined) {
    throw new SageError("INVALID_OPTION", { path: "restart", problem, expected: "a restart strategy" });
  }
  if (settings.delivery !== undefined && !deliveryOptions.includes(settings.delivery)) {
    const got = `is ${describeValue(settings.delivery)}`;
    throw new SageError("INVALID_OPTION", {
      path: "delivery",
      problem: got,
      expected: deliveryOptions.join(", "),
    });
  }
  if (!(settings.maxBatchMs > 0)) {
    const problem = `is ${describeValue(settings.maxBatchMs)}`;
    throw new SageError("INVALID_OPTION", { path: "maxBatchMs", problem, expected: "a number above 0" });
  }
  return settings;
}

function checkWhenFull({ whenDeadLettersFull = "fail", deadLetterCapacity }: JobSettings): void {
  const path = "whenDeadLettersFull";
  if (!whenFull.includes(whenDeadLettersFull)) {
    const problem = `is ${describeValue(whenDeadLettersFull)}`;
    throw new SageError("INVALID_OPTION", { path, problem, expected: '"fail" or "block"' });
  }
  if (whenDeadLettersFull === "fail" || deadLetterCapacity > 0) return;
  const problem = 'is "block" with a deadLetterCapacity of 0, where there is never room';
  throw new SageError("INVALID_OPTION", { path, problem, expected: '"fail", or a larger capacity' });
}
