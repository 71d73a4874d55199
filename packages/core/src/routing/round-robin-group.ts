import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Connection, Output } from "./connection.ts";
import type { CopyRecord, OutputGroup } from "./output-group.ts";

/** Record by record to the next instance, from 0, counted per sender. */
export class RoundRobinGroup implements OutputGroup {
  readonly strategy = "round-robin";
  readonly connections: readonly Connection[];
  #next: number;

  constructor(connections: readonly Connection[]) {
    this.connections = connections;
    // A sender that starts over goes on where it was: each record has moved the turn by one.
    this.#next = connections.reduce((sum, { sent }) => sum + sent, 0) % connections.length;
  }

  route(records: RecordBuffer, outputs: Output[], copy: CopyRecord | undefined): void {
    const { payloads, keys, headers } = records;
    const total = payloads.length;
    const width = this.connections.length;
    for (let t = 0; t < width; t++) {
      const first = (t - this.#next + width) % width;
      if (first >= total) continue;
      const count = Math.ceil((total - first) / width);
      const out = new Array<unknown>(count);
      const outKeys = keys && new Array<PartitionKey>(count);
      const outHeaders = headers && new Array<(typeof headers)[number]>(count);
      for (let i = first, j = 0; i < total; i += width, j++) {
        out[j] = copy === undefined ? payloads[i] : copy(payloads[i]);
        if (outKeys) outKeys[j] = keys[i] as PartitionKey;
        if (outHeaders) outHeaders[j] = headers[i];
      }
      outputs.push((this.connections[t] as Connection).send(out, outKeys, outHeaders));
    }
    this.#next = (this.#next + total) % width;
  }
}
