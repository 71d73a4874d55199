import { type PipelineCases, pipelineCases } from "../pipeline/pipeline-cases.ts";
import type { Steps } from "../pipeline/steps.ts";

// Both objects of a record are stored where the optimiser must assume that others see them, so that it cannot remove
// their allocation: what a pipeline between queues costs at the very least.
const seen: { afterFirst: unknown; afterSecond: unknown } = { afterFirst: undefined, afterSecond: undefined };

/** A loop whose objects escape: the fairest yardstick for a runtime that really hands records on. */
export const { clean, polluted }: PipelineCases = pipelineCases(() => ({ run }));

async function run<R>(records: readonly R[], { first, keep, second, sink }: Steps<R>): Promise<void> {
  for (let index = 0; index < records.length; index++) {
    const changed = first(records[index] as R);
    seen.afterFirst = changed;
    if (!keep(changed)) continue;
    const doubled = second(changed);
    seen.afterSecond = doubled;
    sink(doubled);
  }
}
