import { local, stopOnSignals } from "@sage-kernel/adapter-local";
import type { Environment, Job, JobReport, Runtime } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { Progress, type ProgressSource } from "./progress.ts";

/** What to run and how. */
export interface PipelineRun<Handles> {
  /** Name of the environment. */
  readonly name: string;
  /** Records that wait between two steps before the sender does. */
  readonly capacity: number;
  /** Where its queues and state are; in this process when it is left out. */
  readonly redis: string | undefined;
  /** Declares the pipeline; what it returns names what the pipeline collects. */
  declare(env: Environment): Handles;
  /** What the progress line shows. */
  readonly progress: ProgressSource;
}

/** How a pipeline ended. */
export interface PipelineOutcome<Handles> {
  readonly handles: Handles;
  readonly job: Job;
  readonly report: JobReport;
  /** Whether Ctrl-C ended its source early. */
  readonly interrupted: boolean;
}

/**
 * Runs a pipeline in this process to its end, with a progress line, and with Ctrl-C once to stop reading and twice to
 * stop at once. Resolves to `undefined` when it was stopped at once.
 *
 * @throws SageError when the job fails.
 */
export async function runPipeline<Handles>(
  run: PipelineRun<Handles>,
): Promise<PipelineOutcome<Handles> | undefined> {
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
