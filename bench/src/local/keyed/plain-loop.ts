import type { BenchCase } from "../../harness/bench-case.ts";
import type { Reading } from "../pipeline/workload.ts";
import { instanceOf } from "./instance-of.ts";
import { INSTANCES, type KeyedSteps, keyedCase } from "./keyed-case.ts";

/**
 * A loop that does what ours promises and no more: it hashes each key, and the counter of the instance that owns it
 * counts. Nothing is handed on, so the optimiser may remove every object.
 */
export const rate: BenchCase = keyedCase(() => ({ run }));

async function run(
  records: readonly Reading[],
  { first, key, openCounter, sink }: KeyedSteps,
): Promise<void> {
  const counters = Array.from({ length: INSTANCES }, openCounter);
  for (let index = 0; index < records.length; index++) {
    const changed = first(records[index] as Reading);
    const owned = key(changed);
    const counter = counters[instanceOf(owned)] as (typeof counters)[number];
    sink(counter.count(changed, owned));
  }
}
