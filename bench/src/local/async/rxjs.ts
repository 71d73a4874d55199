import { concatMap, filter, from } from "rxjs";
import type { BenchCase } from "../../harness/bench-case.ts";
import type { Reading } from "../pipeline/workload.ts";
import { type AsyncSteps, asyncCase } from "./async-case.ts";

// Without backpressure the first step buffers its whole source and shifts it out record by record. Tried on one 2-core
// machine, in millions of records/s: 0.2 to 0.5 from sources of 10,000 records, 0.04 of 30,000, 0.013 of 100,000; slices
// of 100, 1,000 and 5,000 do not differ beyond noise.
const SLICE = 1000;

/** RxJS, one promise at a time in each step, the source in slices that are short enough to be buffered. */
export const rate: BenchCase = asyncCase(() => ({ run }));

function run(records: readonly Reading[], { first, keep, second, sink }: AsyncSteps<Reading>): Promise<void> {
  return new Promise((resolve, reject) => {
    from(slices(records))
      .pipe(
        concatMap((slice) =>
          from(slice).pipe(
            concatMap(first),
            concatMap(async (record) => ((await keep(record)) ? record : undefined)),
            filter((record) => record !== undefined),
            concatMap(second),
            concatMap(sink),
          ),
        ),
      )
      .subscribe({ complete: resolve, error: reject });
  });
}

function* slices<R>(records: readonly R[]): Generator<readonly R[]> {
  for (let start = 0; start < records.length; start += SLICE) yield records.slice(start, start + SLICE);
}
