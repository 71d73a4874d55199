import type { BenchCase } from "../../harness/bench-case.ts";
import { declareFour, openOurRuntime } from "../pipeline/our-runtime.ts";
import { OneByOne } from "./one-by-one.ts";
import { roundTripCase } from "./round-trip-case.ts";

// Tried on one 2-core machine: an async generator that waits after its `yield`, and units of one record (`maxBatch: 1`),
// are no faster beyond noise.

/** Ours: the source is an async iterable whose `next()` the sink resolves. */
export const rate: BenchCase = roundTripCase(async () => {
  const { runJob, close } = await openOurRuntime();
  return {
    run: (records, { sink, ...steps }) =>
      runJob((env) => {
        const source = new OneByOne(records);
        declareFour(env, source, {
          ...steps,
          sink(record) {
            sink(record);
            source.release();
          },
        });
      }),
    close,
  };
});
