import { Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { BenchCase } from "../../harness/bench-case.ts";
import { nodeOptions, nodeSource } from "../pipeline/node-source.ts";
import type { Reading } from "../pipeline/workload.ts";
import { type AsyncSteps, asyncCase } from "./async-case.ts";

// Tried on one 2-core machine, in millions of records/s: async functions that await 1.1 to 1.2,
// `callback(null, record)` 1.1 to 1.7, this 1.5 to 2.0.

/** Node's streams in object mode, each step calling back when its promise has settled. */
export const rate: BenchCase = asyncCase(() => ({ run }));

function run(records: readonly Reading[], steps: AsyncSteps<Reading>): Promise<void> {
  const { first, keep, second, sink } = steps;
  const firstMap = new Transform({
    ...nodeOptions,
    transform(record: Reading, _encoding, callback) {
      first(record).then((changed) => {
        this.push(changed);
        callback();
      }, callback);
    },
  });
  const filter = new Transform({
    ...nodeOptions,
    transform(record: Reading, _encoding, callback) {
      keep(record).then((kept) => {
        if (kept) this.push(record);
        callback();
      }, callback);
    },
  });
  const secondMap = new Transform({
    ...nodeOptions,
    transform(record: Reading, _encoding, callback) {
      second(record).then((changed) => {
        this.push(changed);
        callback();
      }, callback);
    },
  });
  const end = new Writable({
    ...nodeOptions,
    write(record: Reading, _encoding, callback) {
      sink(record).then(() => callback(), callback);
    },
  });
  return pipeline(nodeSource(records), firstMap, filter, secondMap, end);
}
