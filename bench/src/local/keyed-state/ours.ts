import type { DataStream, Environment } from "@sage-kernel/core";
import type { BenchCase } from "../../harness/bench-case.ts";
import { openOurRuntime } from "../pipeline/our-runtime.ts";
import { keyedStateCase, type Visit } from "./keyed-state-case.ts";

function counting(declare: (env: Environment, visits: readonly Visit[]) => DataStream<number>): BenchCase {
  return keyedStateCase(async (visits, sink) => {
    const { runJob, close } = await openOurRuntime();
    await runJob((env) => void declare(env, visits).shared().sink(sink));
    await close();
  });
}

/** A `reduce`, whose accumulators are the state. */
export const reduce: BenchCase = counting((env, visits) =>
  env
    .fromBatch(visits)
    .keyBy(({ user }) => user)
    .reduce((count: number) => count + 1, { initial: () => 0 }),
);

/** A `map` with a counter of `ctx.state`. */
export const counter: BenchCase = counting((env, visits) =>
  env
    .fromBatch(visits)
    .keyBy(({ user }) => user)
    .map((_, { state }) => state.counter("visits").add()),
);
