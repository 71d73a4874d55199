import { SageError } from "../errors/sage-error.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Connection, Output } from "./connection.ts";
import { groupOwner, keyGroup } from "./key-group.ts";
import type { CopyRecord, OutputGroup } from "./output-group.ts";

const memoLimit = 8192;

/** By key group: equal keys go to the same instance, in every process and every run. */
export class HashGroup implements OutputGroup {
  readonly strategy = "hash";
  readonly connections: readonly Connection[];
  readonly #step: string;
  readonly #memo = new Map<PartitionKey, number>();

  constructor(connections: readonly Connection[], step: string) {
    this.connections = connections;
    this.#step = step;
  }

  route(records: RecordBuffer, outputs: Output[], copy: CopyRecord | undefined): void {
    const { payloads, keys, headers } = records;
    if (keys === undefined) throw new SageError("MISSING_KEY", { step: this.#step });
    const width = this.connections.length;
    const outs: unknown[][] = [];
    const outKeys: PartitionKey[][] = [];
    const outHeaders: NonNullable<typeof headers>[] = [];
    for (let t = 0; t < width; t++) {
      outs.push([]);
      outKeys.push([]);
      outHeaders.push([]);
    }
    for (let i = 0; i < payloads.length; i++) {
      const key = keys[i] as PartitionKey;
      const target = this.#owner(key);
      (outs[target] as unknown[]).push(copy === undefined ? payloads[i] : copy(payloads[i]));
      (outKeys[target] as PartitionKey[]).push(key);
      if (headers !== undefined) (outHeaders[target] as typeof headers).push(headers[i]);
    }
    for (let t = 0; t < width; t++) {
      const out = outs[t] as unknown[];
      if (out.length === 0) continue;
      outputs.push((this.connections[t] as Connection).send(out, outKeys[t], headers && outHeaders[t]));
    }
  }

  #owner(key: PartitionKey): number {
    let owner = this.#memo.get(key);
    if (owner === undefined) {
      owner = groupOwner(keyGroup(key), this.connections.length);
      if (this.#memo.size >= memoLimit) this.#memo.clear();
      this.#memo.set(key, owner);
    }
    return owner;
  }
}
