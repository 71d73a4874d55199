import { sourceRecords } from "./source-records.ts";
import type { Pipeline } from "./steps.ts";
import { expectedTally, stepsInto, Tally } from "./tally.ts";
import type { Workload } from "./workload.ts";

/** Runs the workload once through the pipeline, checks what arrived, and returns the milliseconds of the run alone. */
export async function drive<R>(pipeline: Pipeline, workload: Workload<R>, size: number): Promise<number> {
  const records = sourceRecords(workload, size);
  const tally = new Tally();
  const steps = stepsInto(workload, tally);
  globalThis.gc?.(); // start every run from the same heap, whatever came before

  const startedAt = performance.now();
  await pipeline.run(records, steps);
  const elapsedMs = performance.now() - startedAt;

  tally.mustEqual(expectedTally(workload, records));
  return elapsedMs;
}
