import type { BenchCase } from "../../harness/bench-case.ts";
import { drive } from "./drive.ts";
import { pollute } from "./pollution.ts";
import type { Pipeline } from "./steps.ts";
import { readings } from "./workload.ts";

const WARM_UP_RECORDS = 1_000_000;

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
    await drive(pipeline, readings, WARM_UP_RECORDS);
    const elapsedMs = await drive(pipeline, readings, size);
    await pipeline.close?.();
    return { value: (size / elapsedMs) * 1000 };
  }
  return {
    clean: ({ size }) => measure(size),
    polluted: ({ size }) => measure(size, pollute),
  };
}
