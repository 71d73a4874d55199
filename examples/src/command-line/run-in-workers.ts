import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
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
import { WorkerProcesses } from "../workers/worker-processes.ts";
import type { PipelineOutcome } from "./outcome.ts";
import { Progress, type ProgressSource } from "./progress.ts";

/** What to run in workers, and how. */
export interface WorkersRun<Handles> {
  /** The job, and what it is given. */
  readonly module: AnyJobModule;
  readonly params: object;
  /** Where processes meet. */
  readonly redis: string;
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
  const { redis, redisJobChannel } = await import("@sage-kernel/adapter-redis");
  const { redis: url, workers: count, module, params } = run;
  const channelName = randomUUID();
  const machine = local({ log: { level: "error" } });
  await using runtime = await createRuntime({ adapters: [machine, redis({ url })], queueKind: "redis" });
  const channel = redisJobChannel({ url, channel: channelName, leaseMs: 3000 });
  try {
    await using manager = await JobManagerHost.open({ channel, runtime, jobs: [module], leaseMs: 3000 });
    await using _workers = new WorkerProcesses(count, {
      EXAMPLE_REDIS: resolved(url),
      EXAMPLE_CHANNEL: channelName,
    });
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
  } finally {
    await channel.close();
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

/** A socket's path as other processes find it. */
function resolved(url: string): string {
  return url.includes("://") ? url : resolve(url);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((again) => setTimeout(again, 20));
}
