import { Effect, Stream } from "effect";
import type { BenchCase } from "../../harness/bench-case.ts";
import type { Reading } from "../pipeline/workload.ts";
import { type AsyncSteps, asyncCase } from "./async-case.ts";

// Tried on one 2-core machine, in millions of records/s: `mapEffect`, `filterEffect` and `runForEach` on
// records 0.2; this, on chunks, 0.4 to
// 0.5; the same with `Effect.callback` no faster. One promise per chunk around a loop of awaits reaches 2.4 to 2.8, but
// there Effect runs no step: it hands chunks from one such loop to the next.
const CHUNK_SIZE = 1024;

/** Effect's chunked streams, an effect per record and step, in the fastest honest formulation found. */
export const rate: BenchCase = asyncCase(() => ({ run }));

async function run(records: readonly Reading[], steps: AsyncSteps<Reading>): Promise<void> {
  const first = (record: Reading) => Effect.promise(() => steps.first(record));
  const keep = (record: Reading) => Effect.promise(() => steps.keep(record));
  const second = (record: Reading) => Effect.promise(() => steps.second(record));
  const sink = (record: Reading) => Effect.promise(() => steps.sink(record));
  const program = Stream.range(0, records.length - 1, CHUNK_SIZE).pipe(
    Stream.map((index) => records[index] as Reading),
    Stream.chunks,
    Stream.mapEffect((chunk) => Effect.forEach(chunk, first)),
    Stream.mapEffect((chunk) => Effect.filter(chunk, keep)),
    Stream.mapEffect((chunk) => Effect.forEach(chunk, second)),
    Stream.runForEach((chunk) => Effect.forEach(chunk, sink, { discard: true })),
  );
  await Effect.runPromise(program);
}
