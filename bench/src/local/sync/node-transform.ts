import { Readable, Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type PipelineCases, pipelineCases } from "../pipeline/pipeline-cases.ts";
import type { Steps } from "../pipeline/steps.ts";

// Tried on one 2-core machine, in millions of records/s: high-water marks of 64, 256 and 1,024 do not differ beyond
// noise; `Readable.from` with `callback(null, record)` 4.0 to 4.6, this 4.5 to 5.2.
const options = { objectMode: true, highWaterMark: 256 };

/** Node's streams in object mode, in the fastest formulation found. */
export const { clean, polluted }: PipelineCases = pipelineCases(() => ({ run }));

function run<R>(records: readonly R[], steps: Steps<R>): Promise<void> {
  const { first, keep, second, sink } = steps;
  let place = 0;
  const source = new Readable({
    ...options,
    read() {
      while (place < records.length) {
        if (!this.push(records[place++])) return;
      }
      this.push(null);
    },
  });
  const firstMap = new Transform({
    ...options,
    transform(record: R, _encoding, callback) {
      this.push(first(record));
      callback();
    },
  });
  const filter = new Transform({
    ...options,
    transform(record: R, _encoding, callback) {
      if (keep(record)) this.push(record);
      callback();
    },
  });
  const secondMap = new Transform({
    ...options,
    transform(record: R, _encoding, callback) {
      this.push(second(record));
      callback();
    },
  });
  const end = new Writable({
    ...options,
    write(record: R, _encoding, callback) {
      sink(record);
      callback();
    },
  });
  return pipeline(source, firstMap, filter, secondMap, end);
}
