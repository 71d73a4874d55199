import { type PipelineCases, pipelineCases } from "../pipeline/pipeline-cases.ts";
import type { Steps } from "../pipeline/steps.ts";

/** Async generators, one per step, as one writes them by hand. */
export const { clean, polluted }: PipelineCases = pipelineCases(() => ({ run }));

async function run<R>(records: readonly R[], { first, keep, second, sink }: Steps<R>): Promise<void> {
  for await (const record of map(filter(map(source(records), first), keep), second)) sink(record);
}

async function* source<R>(records: readonly R[]): AsyncGenerator<R> {
  for (const record of records) yield record;
}

async function* map<R>(input: AsyncIterable<R>, change: (record: R) => R): AsyncGenerator<R> {
  for await (const record of input) yield change(record);
}

async function* filter<R>(input: AsyncIterable<R>, keep: (record: R) => boolean): AsyncGenerator<R> {
  for await (const record of input) if (keep(record)) yield record;
}
