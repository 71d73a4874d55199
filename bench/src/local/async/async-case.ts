import type { BenchCase } from "../../harness/bench-case.ts";
import { type Load, type Runner, withSteps } from "../../harness/drive.ts";
import { rateCase } from "../../harness/rate-case.ts";
import { prepareLoad } from "../pipeline/prepare-load.ts";
import type { Steps } from "../pipeline/steps.ts";
import { type Reading, readings } from "../pipeline/workload.ts";

/** The functions of the synchronous pipeline as async functions that wait for nothing. */
export type AsyncSteps<R> = {
  readonly [S in keyof Steps<R>]: (record: R) => Promise<ReturnType<Steps<R>[S]>>;
};

/** Makes the case of a contender: source records per second. */
export function asyncCase(
  open: () => Runner<Reading, AsyncSteps<Reading>> | Promise<Runner<Reading, AsyncSteps<Reading>>>,
): BenchCase {
  return rateCase(open, prepareAsync);
}

function prepareAsync(size: number): Load<Reading, AsyncSteps<Reading>> {
  return withSteps(prepareLoad(readings, size), toAsync);
}

function toAsync<R>({ first, keep, second, sink }: Steps<R>): AsyncSteps<R> {
  return {
    first: async (record) => first(record),
    keep: async (record) => keep(record),
    second: async (record) => second(record),
    sink: async (record) => sink(record),
  };
}
