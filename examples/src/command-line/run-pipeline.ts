import { local, stopOnSignals } from "@sage-kernel/adapter-local";
import type { AnyJobModule, Environment, Runtime } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import type { PipelineOutcome } from "./outcome.ts";
import { Progress, type ProgressSource } from "./progress.ts";
import { runInWorkers } from "./run-in-workers.ts";

/** What to run and how. */
export interface PipelineRun<Handles> {
  /** Name of the environment. */
  readonly name: string;
  /** Records that wait between two steps before the sender does. */
  readonly capacity: number;
  /** Where its queues and state are; in this process when it is left out. */
  readonly redis: string | undefined;
  /** How many worker processes it runs in, which meet in Redis, or without it at a hub in this process; in this process when it is left out. */
  readonly workers: number | undefined;
  /** The same as a job that can leave the process. */
  readonly job: { readonly module: AnyJobModule; readonly params: object };
  /** Declares the pipeline; what it returns names what the pipeline collects. */
  declare(env: Environment): Handles;
  /** What the progress line shows. */
  readonly progress: ProgressSource;
}

/**
 * Runs a pipeline to its end, in this process or in workers, with a progress line, and with Ctrl-C once to stop reading and twice to
 * stop at once. Resolves to `undefined` when it was stopped at once.
 *
 * @throws SageError when the job fails.
 */
export async function runPipeline<Handles extends object>(
  run: PipelineRun<Handles>,
): Promise<PipelineOutcome<Handles> | undefined> {
  const { workers } = run;
  if (workers !== undefined) return runInWorkers({ ...run, ...run.job, workers });
  await using runtime = await open(run);
  const env = runtime.environment(run.name);
  const handles = run.declare(env);
  const job = await env.submit();
  const progress = new Progress(job, run.progress);
  using interrupts = stopOnSignals(job, { onMessage: (message) => progress.say(message) });
  try {
    const report = await job.done;
    if (report.state === "cancelled") return undefined;
    return { handles, job, report, interrupted: interrupts.count > 0 };
  } finally {
    progress.close();
  }
}

/** The machine that it runs on: the adapters are all that differs. */
async function open({
  redis: url,
  capacity,
}: Pick<PipelineRun<unknown>, "redis" | "capacity">): Promise<Runtime> {
  // Dead letters belong into the report; as warnings they would only fill the screen.
  const machine = local({ log: { level: "error" } });
  if (url === undefined) return createRuntime({ adapters: [machine], queueCapacity: capacity });
  const { redis } = await import("@sage-kernel/adapter-redis");
  return createRuntime({ adapters: [machine, redis({ url })], queueKind: "redis", queueCapacity: capacity });
}
