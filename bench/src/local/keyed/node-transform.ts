import { Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { BenchCase } from "../../harness/bench-case.ts";
import { nodeOptions, nodeSource } from "../pipeline/node-source.ts";
import type { Reading } from "../pipeline/workload.ts";
import { instanceOf } from "./instance-of.ts";
import type { Counted, KeyCounter } from "./key-counter.ts";
import { INSTANCES, type KeyedSteps, keyedCase } from "./keyed-case.ts";

/** Node's streams in object mode: a writable that spreads the records over four transforms, each with its own sink. */
export const rate: BenchCase = keyedCase(() => ({ run }));

async function run(
  records: readonly Reading[],
  { first, key, openCounter, sink }: KeyedSteps,
): Promise<void> {
  const instances = Array.from({ length: INSTANCES }, () => countTransform(openCounter(), key));
  const firstMap = new Transform({
    ...nodeOptions,
    transform(record: Reading, _encoding, callback) {
      this.push(first(record));
      callback();
    },
  });
  const spread = new Writable({
    ...nodeOptions,
    write(record: Reading, _encoding, callback) {
      const instance = instances[instanceOf(key(record))] as Transform;
      if (instance.write(record)) callback();
      else instance.once("drain", callback);
    },
    final(callback) {
      for (const instance of instances) instance.end();
      callback();
    },
  });
  await Promise.all([
    pipeline(nodeSource(records), firstMap, spread),
    ...instances.map((instance) => pipeline(instance, sinkWritable(sink))),
  ]);
}

function countTransform(counter: KeyCounter, key: KeyedSteps["key"]): Transform {
  return new Transform({
    ...nodeOptions,
    transform(record: Reading, _encoding, callback) {
      this.push(counter.count(record, key(record)));
      callback();
    },
  });
}

function sinkWritable(sink: (record: Counted) => void): Writable {
  return new Writable({
    ...nodeOptions,
    write(record: Counted, _encoding, callback) {
      sink(record);
      callback();
    },
  });
}
