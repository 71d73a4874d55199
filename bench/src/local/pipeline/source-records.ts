import type { Workload } from "./workload.ts";

const POOL_SIZE = 100_000;

/**
 * The source of every contender: one packed array of `size` references that cycle over 100,000 records made
 * beforehand. So reading the source costs everyone the same, as little as possible, with neither a generator nor
 * an allocation per record, and the records themselves stay in the cache.
 */
export function sourceRecords<R>(workload: Workload<R>, size: number): readonly R[] {
  const pool: R[] = [];
  for (let index = 0; index < Math.min(size, POOL_SIZE); index++) pool.push(workload.make(index));
  const records: R[] = [];
  while (records.length < size) {
    for (let index = 0; index < pool.length && records.length < size; index++) records.push(pool[index] as R);
  }
  return records;
}
