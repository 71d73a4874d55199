import { map, source } from "../pipeline/generator-steps.ts";
import { type PipelineCases, pipelineCases } from "../pipeline/pipeline-cases.ts";
import type { Pipeline, Steps } from "../pipeline/steps.ts";

/** Async generators, one per step, as one writes them by hand. */
export const asyncGenerators: Pipeline = { run };

/** Their cases. */
export const { clean, polluted }: PipelineCases = pipelineCases(() => asyncGenerators);

async function run<R>(records: readonly R[], { first, keep, second, sink }: Steps<R>): Promise<void> {
  for await (const record of map(filter(map(source(records), first), keep), second)) sink(record);
}

async function* filter<R>(input: AsyncIterable<R>, keep: (record: R) => boolean): AsyncGenerator<R> {
  for await (const record of input) if (keep(record)) yield record;
}
