import type { BenchCase } from "../../harness/bench-case.ts";
import { drive, prepareLoad } from "./drive.ts";
import { pollute } from "./pollution.ts";
import type { Pipeline } from "./steps.ts";
import { readings } from "./workload.ts";

const WARM_UP_RECORDS = 500_000;
/** More than one, since the end of a run takes paths that the engine has not seen and drops optimised code. */
const WARM_UP_RUNS = 3;

/** The cases every contender of the pipeline exports. */
export interface PipelineCases {
  /** Records per second of source records, with type feedback of one set of functions only. */
  readonly clean: BenchCase;
  /** The same after five other sets went through the same pipeline. */
  readonly polluted: BenchCase;
}

/** Makes the cases of a contender. What `open` does is not measured; all that `run` does is. */
export function pipelineCases(open: () => Pipeline | Promise<Pipeline>): PipelineCases {
  async function measure(size: number, prepare?: (pipeline: Pipeline) => Promise<void>) {
    const pipeline = await open();
    await prepare?.(pipeline);
    // Both loads are made first: a full collection between warm-up and measurement would throw optimised code away.
    const warmUp = prepareLoad(readings, WARM_UP_RECORDS);
    const load = prepareLoad(readings, size);
    globalThis.gc?.(); // start from the same heap, whatever came before
    for (let run = 0; run < WARM_UP_RUNS; run++) await drive(pipeline, warmUp);
    const elapsedMs = await drive(pipeline, load);
    await pipeline.close?.();
    return { value: (size / elapsedMs) * 1000 };
  }
  return {
    clean: ({ size }) => measure(size),
    polluted: ({ size }) => measure(size, pollute),
  };
}
