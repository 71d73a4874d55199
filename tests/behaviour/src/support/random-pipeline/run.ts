import assert from "node:assert/strict";
import type { Environment, Job, JobReport } from "@sage-kernel/core";
import type { World } from "../simulate.ts";
import type { GeneratedPipeline } from "./declare.ts";
import type { PausePlan, RunPlan } from "./plan.ts";

/** Restarts whatever fails, at once and as often as it takes. */
export const restart = { kind: "fixedDelay", attempts: 100_000, delayMs: 0 } as const;

/** Submits a generated pipeline, pauses and resumes it as planned, and waits for its end. */
export async function run(
  pipeline: Environment,
  { maxBatch, maxBatchMs, pauses }: Pick<RunPlan, "maxBatch" | "maxBatchMs" | "pauses">,
  world: World,
): Promise<{ readonly job: Job; readonly report: JobReport }> {
  const job = await pipeline.submit({ maxBatch, maxBatchMs, restart });
  const ended = new AbortController();
  const [report] = await Promise.all([
    job.done.finally(() => ended.abort()),
    pauseAndResume(job, pauses, world, ended.signal),
  ]);
  return { job, report };
}

/** Fails unless a job came to what the model says. */
export function assertResults(
  { ends, failures, watch }: GeneratedPipeline,
  job: Job,
  report: JobReport,
  restarted = report.tasks.some(({ restarts }) => restarts > 0),
): void {
  ends.forEach(({ handle, ordered, records }, i) => {
    const got = job.collected(handle);
    if (ordered) assert.deepEqual(got, records, `results ${i}, in order`);
    else assert.deepEqual([...got].sort(), [...records].sort(), `results ${i}`);
  });
  const { skipped, deadLettered, problems } = report.ledger;
  assert.deepEqual(problems, []);
  const counted = { skipped, deadLettered, stored: job.deadLetters.size };
  assert.deepEqual(counted, failures);
  assert.deepEqual(watch.violations, []);
  if (!restarted) assert.deepEqual(watch.miscounted, []); // a restarted task does again what was not committed
}

/** Pauses and resumes a job as planned until it has ended. */
export async function pauseAndResume(
  job: Job,
  pauses: readonly PausePlan[],
  { clock, scheduler }: Pick<World, "clock" | "scheduler">,
  ended: AbortSignal,
): Promise<void> {
  const sleep = (ms: number): Promise<void> => clock.sleep(ms, ended).catch(() => undefined);
  for (const { turns, afterMs, forMs, wait } of pauses) {
    for (let turn = 0; turn < turns && !ended.aborted; turn++) await scheduler.yield();
    if (afterMs > 0) await sleep(afterMs);
    if (ended.aborted) return;
    const still = job.pause();
    if (wait) await still;
    if (forMs > 0) await sleep(forMs);
    job.resume();
    await still;
  }
}
