import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Connection, Output } from "./connection.ts";
import type { CopyRecord, OutputGroup } from "./output-group.ts";

/** One target: every built-in strategy comes to this at parallelism 1, and the whole unit goes as it is. */
export class SingleGroup implements OutputGroup {
  readonly strategy: string;
  readonly connections: readonly Connection[];
  readonly #only: Connection;

  constructor(strategy: string, connection: Connection) {
    this.strategy = strategy;
    this.connections = [connection];
    this.#only = connection;
  }

  route(records: RecordBuffer, outputs: Output[], copy: CopyRecord | undefined): void {
    const { payloads, keys, headers } = records;
    outputs.push(this.#only.send(copy === undefined ? payloads : payloads.map(copy), keys, headers));
  }
}
