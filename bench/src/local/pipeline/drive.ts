import { sourceRecords } from "./source-records.ts";
import type { Pipeline } from "./steps.ts";
import { expectedTally, stepsInto, Tally } from "./tally.ts";
import type { Workload } from "./workload.ts";

/** A workload with its source records made and its results worked out, so that a run of it allocates neither. */
export interface Load<R> {
  readonly workload: Workload<R>;
  readonly records: readonly R[];
  readonly expected: Tally;
}

/** Prepares `size` records. */
export function prepareLoad<R>(workload: Workload<R>, size: number): Load<R> {
  const records = sourceRecords(workload, size);
  return { workload, records, expected: expectedTally(workload, records) };
}

/** Runs the load once through the pipeline, checks what arrived, and returns the milliseconds of the run alone. */
export async function drive<R>(
  pipeline: Pipeline,
  { workload, records, expected }: Load<R>,
): Promise<number> {
  const tally = new Tally();
  const steps = stepsInto(workload, tally);

  const startedAt = performance.now();
  await pipeline.run(records, steps);
  const elapsedMs = performance.now() - startedAt;

  tally.mustEqual(expected);
  return elapsedMs;
}
