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
  /** The owners of small whole numbers, which are looked up several times as fast in an array. */
  readonly #memoOfIntegers: (number | undefined)[] = [];

  constructor(connections: readonly Connection[], step: string) {
    this.connections = connections;
    this.#step = step;
  }

  route(records: RecordBuffer, outputs: Output[], copy: CopyRecord | undefined): void {
    const { payloads, keys, headers } = records;
    if (keys === undefined) throw new SageError("MISSING_KEY", { step: this.#step });
    const width = this.connections.length;
    const total = payloads.length;
    // First who gets how many, then arrays of the right sizes: they are several times as fast as growing ones.
    const owners = new Array<number>(total);
    const counts = new Array<number>(width).fill(0);
    for (let i = 0; i < total; i++) {
      const owner = this.#owner(keys[i] as PartitionKey);
      owners[i] = owner;
      counts[owner] = (counts[owner] as number) + 1;
    }
    const outs = counts.map((count) => new Array<unknown>(count));
    const outKeys = counts.map((count) => new Array<PartitionKey>(count));
    const outHeaders = headers && counts.map((count) => new Array<(typeof headers)[number]>(count));
    const next = new Array<number>(width).fill(0);
    for (let i = 0; i < total; i++) {
      const owner = owners[i] as number;
      const place = next[owner] as number;
      next[owner] = place + 1;
      (outs[owner] as unknown[])[place] = copy === undefined ? payloads[i] : copy(payloads[i]);
      (outKeys[owner] as PartitionKey[])[place] = keys[i] as PartitionKey;
      if (outHeaders !== undefined) (outHeaders[owner] as typeof headers & object)[place] = headers?.[i];
    }
    for (let t = 0; t < width; t++) {
      if (counts[t] === 0) continue;
      const connection = this.connections[t] as Connection;
      outputs.push(connection.send(outs[t] as unknown[], outKeys[t], outHeaders?.[t]));
    }
  }

  #owner(key: PartitionKey): number {
    if (typeof key === "number" && key >= 0 && key < memoLimit && Number.isInteger(key)) {
      const known = this.#memoOfIntegers[key];
      if (known !== undefined) return known;
      const worked = this.#work(key);
      this.#memoOfIntegers[key] = worked;
      return worked;
    }
    let owner = this.#memo.get(key);
    if (owner === undefined) {
      owner = this.#work(key);
      if (this.#memo.size >= memoLimit) this.#memo.clear();
      this.#memo.set(key, owner);
    }
    return owner;
  }

  #work(key: PartitionKey): number {
    return groupOwner(keyGroup(key), this.connections.length);
  }
}
