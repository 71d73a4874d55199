import { declareFour, openOurRuntime } from "../pipeline/our-runtime.ts";
import { type PipelineCases, pipelineCases } from "../pipeline/pipeline-cases.ts";

/** Ours: four steps. */
export const { clean, polluted }: PipelineCases = pipelineCases(async () => {
  const { runJob, close } = await openOurRuntime();
  return { run: (records, steps) => runJob((env) => declareFour(env, records, steps)), close };
});
