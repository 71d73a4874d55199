import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Connection, Output } from "./connection.ts";
import type { CopyRecord, OutputGroup } from "./output-group.ts";

/** Every instance gets every record, each its own copy. */
export class BroadcastGroup implements OutputGroup {
  readonly strategy = "broadcast";
  readonly connections: readonly Connection[];
  readonly #copyAgain: CopyRecord;

  /** Every instance gets every record. */
  get copies(): number {
    return this.connections.length;
  }

  constructor(connections: readonly Connection[], copyAgain: CopyRecord) {
    this.connections = connections;
    this.#copyAgain = copyAgain;
  }

  route(records: RecordBuffer, outputs: Output[], copy: CopyRecord | undefined): void {
    const { payloads, keys, headers } = records;
    for (let t = 0; t < this.connections.length; t++) {
      const each = t === 0 ? copy : this.#copyAgain;
      const out = each === undefined ? payloads : payloads.map(each);
      outputs.push((this.connections[t] as Connection).send(out, keys?.slice(), headers?.slice()));
    }
  }
}
