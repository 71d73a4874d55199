import type { BenchCase } from "../../harness/bench-case.ts";
import type { Reading } from "../pipeline/workload.ts";
import { type AsyncSteps, asyncCase } from "./async-case.ts";

/** A loop that awaits each step: what awaiting costs where nothing is handed on. */
export const rate: BenchCase = asyncCase(() => ({ run }));

async function run(records: readonly Reading[], steps: AsyncSteps<Reading>): Promise<void> {
  const { first, keep, second, sink } = steps;
  for (let index = 0; index < records.length; index++) {
    const changed = await first(records[index] as Reading);
    if (await keep(changed)) await sink(await second(changed));
  }
}
