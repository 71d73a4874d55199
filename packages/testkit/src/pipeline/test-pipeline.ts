import type {
  Collected,
  DataStream,
  DeadLetter,
  Environment,
  Job,
  JobReport,
  ServiceSource,
  SubmitOptions,
} from "@sage-kernel/core";
import { FakeService } from "../service/fake-service.ts";
import type { Fault } from "../simulation/fault.ts";
import { SimMachine, type SimWorld, type SimWorldOptions } from "../simulation/sim-world.ts";
import { type PlannedCrash, PlannedCrashes } from "./planned-crashes.ts";
import { type StepFigures, stepFigures } from "./step-figures.ts";
import { TestInput } from "./test-input.ts";

/** The streams whose records a test looks at, by name. */
export type TestOutputs = Readonly<Record<string, DataStream<unknown>>>;

/** The records of each of them. */
export type RecordsOf<O> = {
  readonly [K in keyof O]: O[K] extends DataStream<infer T, infer _> ? readonly T[] : never;
};

/** How a pipeline is tested. */
export interface TestPipelineOptions extends SimWorldOptions {
  /** Decides the order of what could happen in another one. Default 1. */
  readonly seed?: number;
  /** Services that stand in for those of these names, which the pipeline registers or calls. */
  readonly services?: Readonly<Record<string, FakeService | ServiceSource<object>>>;
  /** Records on which steps are to fail. */
  readonly crashes?: readonly PlannedCrash[];
  /** What goes wrong below the pipeline, such as a lost commit. */
  readonly faults?: readonly Fault[];
  /** How it is submitted. */
  readonly submit?: SubmitOptions;
}

/**
 * A pipeline in a test: fed by hand, in virtual time, without servers and sleeps. Each step of the test returns when
 * all that follows from it has happened, as far as no time has to pass for it.
 *
 * ```ts
 * const orders = new TestInput<Order>("orders");
 * const pipeline = await TestPipeline.start((env) => ({ totals: totalsPerHour(orders.in(env)) }));
 * await pipeline.feed(orders, { item: "tea", cents: 250 });
 * await pipeline.advance(3_600_000);
 * assert.deepEqual(pipeline.output.totals, [250]);
 * await pipeline.end();
 * ```
 *
 * It works the same in every test runner.
 */
export class TestPipeline<O extends TestOutputs> {
  /** The running job. */
  readonly job: Job;
  readonly #machine: SimMachine;
  readonly #world: SimWorld;
  readonly #collected: ReadonlyMap<string, Collected<unknown>>;
  readonly #crashes: PlannedCrashes;
  readonly #inputs: readonly TestInput<unknown>[];
  #over = false;

  private constructor(parts: {
    readonly job: Job;
    readonly machine: SimMachine;
    readonly world: SimWorld;
    readonly collected: ReadonlyMap<string, Collected<unknown>>;
    readonly crashes: PlannedCrashes;
    readonly inputs: readonly TestInput<unknown>[];
  }) {
    this.job = parts.job;
    this.#machine = parts.machine;
    this.#world = parts.world;
    this.#collected = parts.collected;
    this.#crashes = parts.crashes;
    this.#inputs = parts.inputs;
  }

  /**
   * Declares a pipeline and submits it; `build` answers the streams to look at, by name.
   *
   * @throws what `build` throws; SageError `GRAPH_INVALID` and whatever else `submit()` throws.
   */
  static async start<O extends TestOutputs>(
    build: (env: Environment, world: SimWorld) => O,
    options: TestPipelineOptions = {},
  ): Promise<TestPipeline<O>> {
    const { seed = 1, faults = [], services = {}, submit } = options;
    const machine = new SimMachine(seed, faults, options);
    const world = await machine.open();
    const crashes = new PlannedCrashes(options.crashes ?? []);
    try {
      const env = world.env("test");
      env.use(crashes);
      const standIn = standingIn(env, services);
      const outputs = Object.entries(build(env, world));
      standIn();
      const collected = new Map(outputs.map(([name, stream]) => [name, stream.collect()]));
      const job = await world.scheduler.run(() => env.submit(submit));
      const pipeline = new TestPipeline<O>({
        job,
        machine,
        world,
        collected,
        crashes,
        inputs: TestInput.of(env),
      });
      await pipeline.settle();
      return pipeline;
    } catch (error) {
      await world.scheduler.run(() => world.runtime.close());
      throw error;
    }
  }

  /** What has come out of each stream so far. */
  get output(): RecordsOf<O> {
    const records = [...this.#collected].map(([name, handle]) => [name, [...this.job.collected(handle)]]);
    return Object.fromEntries(records) as RecordsOf<O>;
  }

  /** The dead letters so far that no `deadLetters()` stream has taken. */
  get deadLetters(): readonly DeadLetter[] {
    return this.job.deadLetters.list();
  }

  /** The fake machine: its clock, log and metrics, and the runtime, for instance to call a service. */
  get world(): SimWorld {
    return this.#world;
  }

  /**
   * What the instances of a step have done so far, together.
   *
   * @throws Error when there is no such step.
   */
  step(name: string): StepFigures {
    return stepFigures(this.job, name);
  }

  /** Sends records into an input. @throws Error for an input of another pipeline, and for one that has ended. */
  async feed<T>(input: TestInput<T>, ...records: readonly T[]): Promise<void> {
    this.#own(input);
    input.push(...records);
    await this.settle();
  }

  /** Ends an input. */
  async close<T>(input: TestInput<T>): Promise<void> {
    this.#own(input);
    void input.close();
    await this.settle();
  }

  /** Lets so many ms of virtual time pass, with all that happens in them. @throws Error for what is no such time. */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0 && Number.isFinite(ms))) throw new Error(`time cannot pass by ${ms} ms`);
    const { clock } = this.#world;
    const end = clock.monotonic() + ms;
    await this.settle();
    while ((clock.nextAt ?? Number.POSITIVE_INFINITY) <= end) {
      clock.fireNext();
      await this.settle();
    }
    await clock.advance(end - clock.monotonic());
    await this.settle();
  }

  /** Lets everything happen that can without time passing. The other operations do so by themselves. */
  settle(): Promise<void> {
    return this.#world.scheduler.settle();
  }

  /** Waits for something that takes time, such as a call of a service: time passes as it must. */
  until<T>(activity: () => Promise<T>): Promise<T> {
    return this.#world.scheduler.run(activity);
  }

  /**
   * Waits until all sources have ended by themselves, whatever time it takes, and closes the runtime: for pipelines
   * with sources of their own. Inputs end first.
   *
   * @throws as {@link end}.
   */
  async finish(): Promise<JobReport> {
    return this.#finish(async () => {
      this.job.resume();
      for (const input of this.#inputs) void input.close();
      return this.job.done;
    });
  }

  /**
   * Ends the inputs, lets all that was fed go its way, and stops other sources wherever they are; a paused job is
   * resumed. Closes the runtime. Time passes as it must.
   *
   * @throws the cause when the job has failed; Error when something was promised and not kept, when a planned crash
   * has not happened, or when something was left behind.
   */
  async end(): Promise<JobReport> {
    return this.#finish(async () => {
      this.job.resume();
      const read = Promise.all(this.#inputs.map((input) => input.close()));
      await Promise.race([read, this.job.done]);
      return this.job.stop({ timeoutMs: aYearMs });
    });
  }

  /** Gives the job up, and closes the runtime. @throws the cause when the job has failed before. */
  async cancel(): Promise<JobReport> {
    return this.#finish(() => this.job.stop({ drain: false }), false);
  }

  #own(input: TestInput<unknown>): void {
    if (!this.#inputs.includes(input))
      throw new Error(`the input "${input.name}" is not part of this pipeline: declare it with in(env)`);
  }

  async #finish(stop: () => Promise<JobReport>, complete = true): Promise<JobReport> {
    if (this.#over) throw new Error("the pipeline has ended already");
    this.#over = true;
    const { scheduler, runtime } = this.#world;
    let report: JobReport;
    try {
      report = await scheduler.run(stop);
    } finally {
      await scheduler.run(() => runtime.close());
      await scheduler.settle();
    }
    const steps = this.job.graph().steps.map(({ id }) => id);
    const problems = [
      ...this.#machine.violations,
      ...this.#machine.leftovers(),
      ...(complete ? this.#crashes.problems(steps) : []),
    ];
    if (problems.length > 0) throw new Error(problems.join("\n"));
    return report;
  }
}

/** Time is virtual: a pipeline that has not ended in a year never will. */
const aYearMs = 365 * 24 * 3_600_000;

/** Puts stand-ins where an environment registers services; the result registers those that are left. */
function standingIn(
  env: Environment,
  services: Readonly<Record<string, FakeService | ServiceSource<object>>>,
): () => void {
  const left = new Map(Object.entries(services));
  const register = env.registerService.bind(env);
  const sourceOf = (service: FakeService | ServiceSource<object>): ServiceSource<object> =>
    service instanceof FakeService ? service.source : service;
  env.registerService = <S extends object>(
    ...[name, source, options]: Parameters<typeof env.registerService<S>>
  ) => {
    const other = left.get(name);
    left.delete(name);
    return register(name, other === undefined ? source : (sourceOf(other) as ServiceSource<S>), options);
  };
  return () => {
    for (const [name, service] of left) register(name, sourceOf(service));
  };
}
