import type { RecordBuffer, Routes } from "../packet/record-buffer.ts";
import type { Connection, Output } from "./connection.ts";
import { type CopyRecord, checkRoute, type OutputGroup } from "./output-group.ts";
import type { Partitioner } from "./partitioner.port.ts";
import { sendBuckets } from "./send-buckets.ts";

/** Asks a user's partitioner, record by record, within the attempt that emitted the record. */
export class CustomGroup implements OutputGroup {
  readonly strategy: string;
  readonly connections: readonly Connection[];
  readonly #partitioner: Partitioner;
  readonly #step: string;
  readonly #copyAgain: CopyRecord;

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

  select(records: RecordBuffer, index: number): readonly number[] {
    const packet = {
      payload: records.payloads[index],
      inputIndex: this.connections[0]?.target.inputIndex ?? 0,
      partitionKey: records.keys?.[index],
      partitionStrategy: this.strategy,
      headers: records.headers?.[index],
    };
    const answer = this.#partitioner.select(packet, this.connections);
    return checkRoute(answer, this.connections.length, this.#step);
  }

  route(records: RecordBuffer, outputs: Output[], copy: CopyRecord | undefined, choice: number): void {
    const buckets: number[][] = this.connections.map(() => []);
    const routes = records.routes as Routes[];
    for (let i = 0; i < records.length; i++) {
      for (const target of (routes[i] as Routes)[choice] as readonly number[])
        (buckets[target] as number[]).push(i);
    }
    const sent = new Set<number>();
    sendBuckets(records, buckets, this.connections, outputs, (payload, i) => {
      const each = sent.has(i) ? this.#copyAgain : copy;
      sent.add(i);
      return each === undefined ? payload : each(payload);
    });
  }
}
