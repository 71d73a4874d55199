import type { BenchCase } from "../../harness/bench-case.ts";
import { map, source } from "../pipeline/generator-steps.ts";
import type { Reading } from "../pipeline/workload.ts";
import { instanceOf } from "./instance-of.ts";
import { INSTANCES, type KeyedSteps, keyedCase } from "./keyed-case.ts";
import { Lane } from "./lane.ts";

/** Async generators: one loop spreads the records over four lanes, each with a generator that counts and a sink. */
export const rate: BenchCase = keyedCase(() => ({ run }));

async function run(
  records: readonly Reading[],
  { first, key, openCounter, sink }: KeyedSteps,
): Promise<void> {
  const lanes = Array.from({ length: INSTANCES }, () => new Lane<Reading>());
  await Promise.all([spread(), ...lanes.map(drain)]);

  async function spread(): Promise<void> {
    for await (const record of map(source(records), first)) {
      const wait = (lanes[instanceOf(key(record))] as Lane<Reading>).put(record);
      if (wait !== undefined) await wait;
    }
    for (const lane of lanes) lane.end();
  }

  async function drain(lane: Lane<Reading>): Promise<void> {
    const counter = openCounter();
    for await (const counted of map(lane, (record) => counter.count(record, key(record)))) sink(counted);
  }
}
