import { createLocalRuntime } from "@sage-kernel/adapter-local";
import { type PipelineCases, pipelineCases } from "../pipeline/pipeline-cases.ts";
import type { Pipeline } from "../pipeline/steps.ts";

/** Ours through the public API, with default settings: four steps, each its own task with its own queue. */
export const { clean, polluted }: PipelineCases = pipelineCases(openOurs);

async function openOurs(): Promise<Pipeline> {
  const runtime = await createLocalRuntime({ log: { level: "silent" } });
  let runs = 0;
  return {
    async run(records, steps) {
      const env = runtime.environment(`bench-${++runs}`);
      env.fromBatch(records).map(steps.first).filter(steps.keep).map(steps.second).sink(steps.sink);
      const job = await env.submit();
      await job.done;
    },
    close: () => runtime.close(),
  };
}
