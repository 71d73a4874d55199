import { Readable } from "node:stream";

/**
 * The options of every Node stream. Tried on one 2-core machine: high-water marks of 64, 256 and 1,024 do not differ
 * beyond noise.
 */
export const nodeOptions = { objectMode: true, highWaterMark: 256 };

/** A stream of the records: pushes as many as it may, which is faster than `Readable.from`. */
export function nodeSource(records: readonly unknown[]): Readable {
  let place = 0;
  return new Readable({
    ...nodeOptions,
    read() {
      while (place < records.length) {
        if (!this.push(records[place++])) return;
      }
      this.push(null);
    },
  });
}
