import { from, groupBy, map, mergeMap } from "rxjs";
import type { BenchCase } from "../../harness/bench-case.ts";
import type { Reading } from "../pipeline/workload.ts";
import { instanceOf } from "./instance-of.ts";
import { type KeyedSteps, keyedCase } from "./keyed-case.ts";

/** RxJS: a group per instance, pushed synchronously. The key is computed twice, which is cheaper than to carry it. */
export const rate: BenchCase = keyedCase(() => ({ run }));

function run(records: readonly Reading[], { first, key, openCounter, sink }: KeyedSteps): Promise<void> {
  return new Promise((resolve, reject) => {
    from(records)
      .pipe(
        map(first),
        groupBy((record) => instanceOf(key(record))),
        mergeMap((group) => {
          const counter = openCounter();
          return group.pipe(map((record) => counter.count(record, key(record))));
        }),
      )
      .subscribe({ next: sink, complete: resolve, error: reject });
  });
}
