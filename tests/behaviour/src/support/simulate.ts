import assert from "node:assert/strict";
import { local } from "@sage-kernel/adapter-local";
import type { DataStream, Environment, Job, JobReport, Runtime, SubmitOptions } from "@sage-kernel/core";
import { type Adapter, type CoreOptions, createRuntime } from "@sage-kernel/core/di";
import { createFakes, type Fakes } from "@sage-kernel/testkit";

/** A runtime on the local adapter whose order, time and chance a seed decides. */
export interface World extends Fakes {
  readonly runtime: Runtime;
  /** A new environment. */
  env(name?: string): Environment;
  /** Submits, waits for the end, and checks that the ledger balances. */
  finish(
    env: Environment,
    options?: SubmitOptions,
  ): Promise<{ readonly job: Job; readonly report: JobReport }>;
  /** The records of the stream that a new pipeline ends in, after its end. */
  results<T>(
    declare: (env: Environment<"pipeline">) => DataStream<T, "pipeline">,
    options?: SubmitOptions,
  ): Promise<{ readonly records: readonly T[]; readonly job: Job; readonly report: JobReport }>;
}

/** What a simulation varies. */
export interface WorldOptions {
  readonly seed?: number;
  readonly capacity?: number;
  /** Options of the runtime beside its capacity. */
  readonly core?: CoreOptions;
  /** Steps of the scheduler after which it is taken for one that never ends. */
  readonly maxSteps?: number;
  /** Adapters after the local one and the fakes; the first one's queues are used. */
  readonly adapters?: readonly Adapter[];
  /** Provides the store of states. */
  readonly stores?: Adapter;
}

/** Another adapter, with its queues and store, that all behaviours are to hold on as well. */
export interface OutsideWorld {
  readonly adapter: Adapter;
  /** Resolves when nothing is under way outside of this process. */
  quiet(): Promise<void>;
  /** @throws Error where a closed runtime has left something. */
  check(): Promise<void>;
}

/** The one that the run of these tests has set up, if it has. */
function outsideWorld(): OutsideWorld | undefined {
  return (globalThis as { sageOutsideWorld?: OutsideWorld }).sageOutsideWorld;
}

/** Capacities at which every behaviour must hold. */
export const capacities = [1, 1024] as const;

/** Runs a scenario in virtual time, closes the runtime, and checks that no timer is left. */
export async function simulate<T>(options: WorldOptions, scenario: (world: World) => Promise<T>): Promise<T> {
  const fakes = createFakes(options.seed ?? 1);
  const outside = options.adapters === undefined && options.stores === undefined ? outsideWorld() : undefined;
  fakes.scheduler.outside = outside?.quiet;
  const result = await fakes.scheduler.run(async () => {
    const runtime = await createRuntime({
      adapters: [
        local({ log: { level: "silent" } }),
        fakes.adapter,
        ...(outside === undefined ? [] : [outside.adapter]),
        ...(options.adapters ?? []),
        ...(options.stores === undefined ? [] : [options.stores]),
      ],
      ...(outside === undefined ? {} : { queueKind: outside.adapter.name }),
      ...(options.adapters === undefined ? {} : { queueKind: options.adapters[0]?.name as string }),
      queueCapacity: options.capacity ?? 1024,
      ...options.core,
    });
    const world: World = {
      ...fakes,
      runtime,
      env: (name = "pipeline") => runtime.environment(name),
      async finish(env, submitOptions) {
        const job = await env.submit(submitOptions);
        const report = await job.done;
        assert.equal(report.ledger.balanced, true, report.ledger.problems.join("; "));
        return { job, report };
      },
      async results(declare, submitOptions) {
        const env = runtime.environment("pipeline");
        const collected = declare(env).collect();
        const ended = await world.finish(env, submitOptions);
        return { ...ended, records: ended.job.collected(collected) };
      },
    };
    try {
      return await scenario(world);
    } finally {
      await runtime.close();
      assert.equal(fakes.clock.pending, 0, "a timer is left after the runtime was closed");
    }
  }, options.maxSteps);
  await outside?.check();
  return result;
}

/** The error that an operation rejects with. */
export async function rejection(operation: Promise<unknown>): Promise<Error> {
  const settled = await operation.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(settled instanceof Error, "the operation must reject with an error");
  return settled;
}

/** The integers from 0 to `count - 1`. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** A source of [time, record]: each comes at its time. */
export async function* timed<T>(world: World, items: readonly (readonly [number, T])[]): AsyncGenerator<T> {
  for (const [at, item] of items) {
    await world.clock.sleep(at - world.clock.monotonic());
    yield item;
  }
}
