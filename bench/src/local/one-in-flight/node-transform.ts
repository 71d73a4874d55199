import { Readable } from "node:stream";
import type { BenchCase } from "../../harness/bench-case.ts";
import { nodeOptions } from "../pipeline/node-source.ts";
import { nodeFour } from "../sync/node-transform.ts";
import { roundTripCase } from "./round-trip-case.ts";

// Tried on one 2-core machine, in millions of round trips/s: this 1.3 to 2.6; the callback of the sink before the next
// push 1.5 to 2.9, writing to the first transform instead of a readable 1.7 to 3.0, neither of them faster beyond noise;
// high-water marks of 1 instead of 256 0.5 to 0.7.

/** Node's streams in object mode: the sink pushes the next record into the source. */
export const rate: BenchCase = roundTripCase(() => ({
  run(records, { sink, ...steps }) {
    let place = 0;
    const source = new Readable({ ...nodeOptions, read() {} });
    const feed = () => source.push(place < records.length ? records[place++] : null);
    const arrived = nodeFour(source, {
      ...steps,
      sink(record) {
        sink(record);
        feed();
      },
    });
    feed();
    return arrived;
  },
}));
