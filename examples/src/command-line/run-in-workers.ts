import { local, stopOnSignals } from "@sage-kernel/adapter-local";
import {
  type AnyJobModule,
  type Collected,
  type CollectedRecord,
  type Environment,
  JobClient,
  JobManagerHost,
  type Page,
} from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { meetingPlace } from "../workers/meeting-place.ts";
import { WorkerProcesses } from "../workers/worker-processes.ts";
import type { PipelineOutcome } from "./outcome.ts";
import { Progress, type ProgressSource } from "./progress.ts";

/** What to run in workers, and how. */
export interface WorkersRun<Handles> {
  /** The job, and what it is given. */
  readonly module: AnyJobModule;
  readonly params: object;
  /** Where processes meet; at a hub in this process when it is left out. */
  readonly redis: string | undefined;
  /** How many worker processes. */
  readonly workers: number;
  /** Declares the same pipeline, for the handles of what it collects. */
  declare(env: Environment): Handles;
  readonly progress: ProgressSource;
}

/**
 * Runs a job in worker processes on this machine, and manages it in this one.
 *
 * @throws SageError when the job fails.
 */
export async function runInWorkers<Handles extends object>(
  run: WorkersRun<Handles>,
): Promise<PipelineOutcome<Handles> | undefined> {
  const { workers: count, module, params } = run;
  await using place = await meetingPlace(run.redis);
  const { adapter, queueKind, channel, env } = place;
  const machine = local({ log: { level: "error" } });
  await using runtime = await createRuntime({ adapters: [machine, adapter], queueKind });
  {
    await using manager = await JobManagerHost.open({ channel, runtime, jobs: [module], leaseMs: 3000 });
    await using _workers = new WorkerProcesses(count, env);
    await until(() => manager.workers.length === count);
    const client = await JobClient.connect({ channel, host: runtime.host });
    const { job: id } = await client.submit({ name: module.name, params: withoutGaps(params) });
    const job = runtime.jobs.get(id);
    const progress = new Progress(job, run.progress);
    using interrupts = stopOnSignals(job, { onMessage: (message) => progress.say(message) });
    try {
      const report = await job.done;
      if (report.state === "cancelled") return undefined;
      const handles = run.declare(runtime.environment(`${module.name}-handles`));
      const results = await collect(client, id, Object.values(handles) as Collected<unknown>[]);
      const collected = <T>({ step }: Collected<T>): readonly T[] =>
        (results.get(step) ?? []) as readonly T[];
      const { deadLetters } = job;
      await client.forget(id);
      return { handles, job: { collected, deadLetters }, report, interrupted: interrupts.count > 0 };
    } finally {
      progress.close();
      await client.close();
    }
  }
}

/** What the steps behind these handles have collected. */
async function collect(
  client: JobClient,
  job: string,
  handles: readonly Collected<unknown>[],
): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const results = new Map<string, unknown[]>();
  for (const { step } of handles) {
    const records: unknown[] = [];
    let after: string | undefined;
    do {
      const page: Page<CollectedRecord> = await client.collected(job, { step, after, limit: 1000 });
      for (const { record } of page.entries) records.push(record);
      after = page.next;
    } while (after !== undefined);
    results.set(step, records);
  }
  return results;
}

/** What is undefined is left out: it is no JSON. */
function withoutGaps(params: object): object {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((again) => setTimeout(again, 20));
}
