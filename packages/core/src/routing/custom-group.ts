import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Connection, Output } from "./connection.ts";
import { type CopyRecord, checkRoute, type OutputGroup } from "./output-group.ts";
import type { Partitioner } from "./partitioner.port.ts";

/** Asks a user's partitioner, record by record, within the attempt that emitted the record. */
export class CustomGroup implements OutputGroup {
  readonly strategy: string;
  readonly connections: readonly Connection[];
  readonly #partitioner: Partitioner;
  readonly #step: string;
  readonly #copyAgain: CopyRecord;
  #routes: (readonly number[])[] = [];

  constructor(
    strategy: string,
    connections: readonly Connection[],
    partitioner: Partitioner,
    step: string,
    copyAgain: CopyRecord,
  ) {
    this.strategy = strategy;
    this.connections = connections;
    this.#partitioner = partitioner;
    this.#step = step;
    this.#copyAgain = copyAgain;
  }

  select(records: RecordBuffer, from: number): void {
    this.#routes.length = from;
    const inputIndex = this.connections[0]?.target.inputIndex ?? 0;
    for (let i = from; i < records.length; i++) {
      const packet = {
        payload: records.payloads[i],
        inputIndex,
        partitionKey: records.keys?.[i],
        partitionStrategy: this.strategy,
        headers: records.headers?.[i],
      };
      const answer = this.#partitioner.select(packet, this.connections);
      this.#routes.push(checkRoute(answer, this.connections.length, this.#step));
    }
  }

  route(records: RecordBuffer, outputs: Output[], copy: CopyRecord | undefined): void {
    const buckets: number[][] = this.connections.map(() => []);
    for (let i = 0; i < records.length; i++) {
      for (const target of this.#routes[i] as readonly number[]) (buckets[target] as number[]).push(i);
    }
    this.#routes = [];
    const sent = new Set<number>();
    sendBuckets(records, buckets, this.connections, outputs, (payload, i) => {
      const each = sent.has(i) ? this.#copyAgain : copy;
      sent.add(i);
      return each === undefined ? payload : each(payload);
    });
  }
}

/** Sends each bucket of record indices to the connection with the same index. */
function sendBuckets(
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
