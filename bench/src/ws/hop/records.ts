/** A record of about 63 bytes of JSON. */
export interface WireRecord {
  readonly id: number;
  readonly value: number;
  readonly name: string;
}

/** The records of a run, from one number up to another: the same in every process. */
export function recordsFrom(from: number, to: number): WireRecord[] {
  return Array.from({ length: to - from }, (_, i) => {
    const id = from + i;
    return { id, value: id % 1000, name: `record number ${id}` };
  });
}

/** Records in one message, where a contender sends several. */
export const batchSize = 256;
/** Bytes that a sender leaves with its socket before it waits. */
export const highWater = 1024 * 1024;
