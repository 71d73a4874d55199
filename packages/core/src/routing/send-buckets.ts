import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Connection, Output } from "./connection.ts";

/** Sends each bucket of record indices to the connection with the same index. */
export function sendBuckets(
  records: RecordBuffer,
  buckets: readonly number[][],
  connections: readonly Connection[],
  outputs: Output[],
  copy: (payload: unknown, index: number) => unknown,
): void {
  const { payloads, keys, headers } = records;
  for (let t = 0; t < connections.length; t++) {
    const bucket = buckets[t] as number[];
    if (bucket.length === 0) continue;
    const out = new Array<unknown>(bucket.length);
    for (let i = 0; i < bucket.length; i++) out[i] = copy(payloads[bucket[i] as number], bucket[i] as number);
    outputs.push(
      (connections[t] as Connection).send(
        out,
        keys && bucket.map((i) => keys[i] as NonNullable<typeof keys>[number]),
        headers && bucket.map((i) => headers[i]),
      ),
    );
  }
}
