import type { BenchCase } from "../../harness/bench-case.ts";
import { map, source } from "../pipeline/generator-steps.ts";
import type { Reading } from "../pipeline/workload.ts";
import { type AsyncSteps, asyncCase } from "./async-case.ts";

/** Async generators, one per step, as one writes them by hand. */
export const rate: BenchCase = asyncCase(() => ({ run }));

async function run(records: readonly Reading[], steps: AsyncSteps<Reading>): Promise<void> {
  const { first, keep, second, sink } = steps;
  for await (const record of map(filter(map(source(records), first), keep), second)) await sink(record);
}

async function* filter<R>(input: AsyncIterable<R>, keep: (record: R) => Promise<boolean>): AsyncGenerator<R> {
  for await (const record of input) if (await keep(record)) yield record;
}
