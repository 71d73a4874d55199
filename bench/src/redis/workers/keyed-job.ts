import { defineJob, type Environment } from "@sage-kernel/core";
import * as z from "zod";

const keys = 500;

/** Counts and adds up numbers by one of 500 keys, on four instances. */
export function declareKeyed(env: Environment, records: number) {
  return env
    .fromBatch(
      Array.from({ length: records }, (_, id) => ({ id, value: id % 1000 })),
      { name: "read" },
    )
    .map(({ id, value }) => ({ id, value: value + 1 }), { name: "map" })
    .keyBy(({ id }) => id % keys, { name: "key" })
    .reduce(({ count, sum }, { value }) => ({ count: count + 1, sum: sum + value }), {
      ...{ name: "count", parallelism: 4, emit: "end", initial: () => ({ count: 0, sum: 0 }) },
    })
    .collect({ name: "counts" });
}

/** The same as a job that leaves its process. */
export const keyedJob = defineJob({
  name: "keyed",
  params: z.strictObject({ records: z.int() }),
  build: (env, { records }) => declareKeyed(env, records),
});

/** Throws unless these are the counts of so many records. */
export function verify(
  counts: readonly { readonly count: number; readonly sum: number }[],
  records: number,
): void {
  let [count, sum, right] = [0, 0, 0];
  for (const each of counts) {
    count += each.count;
    sum += each.sum;
  }
  for (let id = 0; id < records; id++) right += (id % 1000) + 1;
  if (counts.length === Math.min(keys, records) && count === records && sum === right) return;
  throw new Error(`wrong result: ${count} records with the sum ${sum}, not ${records} with ${right}`);
}
