import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Connection, Output } from "./connection.ts";
import type { CopyRecord, OutputGroup } from "./output-group.ts";
import { sendBuckets } from "./send-buckets.ts";

/**
 * Each record to the instance whose inbox is least full, counting what the same unit sends there; in turn where
 * several are equally full. The inboxes are looked at once per unit.
 */
export class LeastLoadedGroup implements OutputGroup {
  readonly strategy = "least-loaded";
  readonly connections: readonly Connection[];
  #next = 0;

  constructor(connections: readonly Connection[]) {
    this.connections = connections;
  }

  route(records: RecordBuffer, outputs: Output[], copy: CopyRecord | undefined): void {
    const loads = this.connections.map((connection) => connection.bufferLoad());
    const buckets: number[][] = this.connections.map(() => []);
    for (let i = 0; i < records.length; i++) {
      const target = this.#leastLoaded(loads);
      (buckets[target] as number[]).push(i);
      const { capacity } = (this.connections[target] as Connection).target.queue.descriptor;
      loads[target] = (loads[target] as number) + 1 / capacity;
    }
    sendBuckets(records, buckets, this.connections, outputs, (payload) =>
      copy === undefined ? payload : copy(payload),
    );
  }

  #leastLoaded(loads: readonly number[]): number {
    const width = loads.length;
    let best = this.#next % width;
    for (let step = 1; step < width; step++) {
      const candidate = (this.#next + step) % width;
      if ((loads[candidate] as number) < (loads[best] as number)) best = candidate;
    }
    this.#next = best + 1;
    return best;
  }
}
