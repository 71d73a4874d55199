import { type Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { nodeOptions, nodeSource } from "../pipeline/node-source.ts";
import { type PipelineCases, pipelineCases } from "../pipeline/pipeline-cases.ts";
import type { Steps } from "../pipeline/steps.ts";

// Tried on one 2-core machine, in millions of records/s: `Readable.from` with `callback(null, record)` 4.0 to 4.6, this
// 4.5 to 5.2.

/** Node's streams in object mode, in the fastest formulation found. */
export const { clean, polluted }: PipelineCases = pipelineCases(() => ({
  run: (records, steps) => nodeFour(nodeSource(records), steps),
}));

/** Pipes a source through the four steps; resolves when all has arrived. */
export function nodeFour<R>(source: Readable, steps: Steps<R>): Promise<void> {
  const { first, keep, second, sink } = steps;
  const firstMap = new Transform({
    ...nodeOptions,
    transform(record: R, _encoding, callback) {
      this.push(first(record));
      callback();
    },
  });
  const filter = new Transform({
    ...nodeOptions,
    transform(record: R, _encoding, callback) {
      if (keep(record)) this.push(record);
      callback();
    },
  });
  const secondMap = new Transform({
    ...nodeOptions,
    transform(record: R, _encoding, callback) {
      this.push(second(record));
      callback();
    },
  });
  const end = new Writable({
    ...nodeOptions,
    write(record: R, _encoding, callback) {
      sink(record);
      callback();
    },
  });
  return pipeline(source, firstMap, filter, secondMap, end);
}
