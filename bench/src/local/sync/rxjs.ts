import { filter, from, map } from "rxjs";
import { type PipelineCases, pipelineCases } from "../pipeline/pipeline-cases.ts";
import type { Steps } from "../pipeline/steps.ts";

/** RxJS: pushed one by one, synchronously, with no backpressure. */
export const { clean, polluted }: PipelineCases = pipelineCases(() => ({ run }));

function run<R>(records: readonly R[], steps: Steps<R>): Promise<void> {
  return new Promise((resolve, reject) => {
    from(records)
      .pipe(map(steps.first), filter(steps.keep), map(steps.second))
      .subscribe({ next: steps.sink, complete: resolve, error: reject });
  });
}
