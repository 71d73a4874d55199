import { type PipelineCases, pipelineCases } from "../pipeline/pipeline-cases.ts";
import type { Steps } from "../pipeline/steps.ts";

/** A loop: everything is inlined, and no object is ever allocated. A ceiling, not a peer. */
export const { clean, polluted }: PipelineCases = pipelineCases(() => ({ run }));

async function run<R>(records: readonly R[], { first, keep, second, sink }: Steps<R>): Promise<void> {
  for (let index = 0; index < records.length; index++) {
    const changed = first(records[index] as R);
    if (keep(changed)) sink(second(changed));
  }
}
