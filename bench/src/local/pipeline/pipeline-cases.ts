import type { BenchCase } from "../../harness/bench-case.ts";
import { rateCase } from "../../harness/rate-case.ts";
import { pollute } from "./pollution.ts";
import { prepareLoad } from "./prepare-load.ts";
import type { Pipeline } from "./steps.ts";
import { readings } from "./workload.ts";

/** The cases every contender of the pipeline exports. */
export interface PipelineCases {
  /** Records per second of source records, with type feedback of one set of functions only. */
  readonly clean: BenchCase;
  /** The same after five other sets went through the same pipeline. */
  readonly polluted: BenchCase;
}

/** Makes the cases of a contender. */
export function pipelineCases(open: () => Pipeline | Promise<Pipeline>): PipelineCases {
  async function openPolluted(): Promise<Pipeline> {
    const pipeline = await open();
    await pollute(pipeline);
    return pipeline;
  }
  const prepare = (size: number) => prepareLoad(readings, size);
  return { clean: rateCase(open, prepare), polluted: rateCase(openPolluted, prepare) };
}
