import { MapFunction, type TaskContext } from "@sage-kernel/core";
import type { BenchCase } from "../../harness/bench-case.ts";
import { openOurRuntime } from "../pipeline/our-runtime.ts";
import type { Reading } from "../pipeline/workload.ts";
import type { Counted, KeyCounter } from "./key-counter.ts";
import { INSTANCES, keyedCase } from "./keyed-case.ts";

/** Ours: the key is computed once and travels with the record. */
export const rate: BenchCase = keyedCase(async () => {
  const { runJob, close } = await openOurRuntime();
  return {
    run: (records, { first, key, openCounter, sink }) =>
      runJob((env) => {
        env
          .fromBatch(records)
          .map(first)
          .keyBy(key)
          .map({ create: () => new Count(openCounter()) }, { parallelism: INSTANCES })
          .sink(sink);
      }),
    close,
  };
});

class Count extends MapFunction<Reading, Counted> {
  readonly #counter: KeyCounter;

  constructor(counter: KeyCounter) {
    super();
    this.#counter = counter;
  }

  execute(record: Reading, ctx: TaskContext): Counted {
    return this.#counter.count(record, ctx.key as number);
  }
}
