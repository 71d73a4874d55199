import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { StopSignal } from "../packet/stop-signal.ts";
import type { Output } from "./connection.ts";
import type { CopyRecord, OutputGroup } from "./output-group.ts";

/**
 * Partitions what one task instance emits among its downstream instances. Each downstream step is a group; every
 * group gets every record, the second and later ones as copies.
 */
export class Router {
  /** One group per outgoing edge, in the order of the graph. */
  readonly groups: readonly OutputGroup[];
  /** True when a group may refuse a single record, so that records must be selected within their attempt. */
  readonly selective: boolean;
  readonly #copy: CopyRecord | undefined;

  constructor(groups: readonly OutputGroup[], copy: CopyRecord | undefined) {
    this.groups = groups;
    this.selective = groups.some((group) => group.select !== undefined);
    this.#copy = copy;
  }

  /**
   * Chooses targets for the records from `from` on; only needed when {@link selective}.
   *
   * @throws what a custom partitioner throws, and SageError `INVALID_ROUTE`.
   */
  select(records: RecordBuffer, from: number): void {
    for (const group of this.groups) group.select?.(records, from);
  }

  /** Turns the unit's records into outputs. The first group takes over the buffer's arrays. */
  route(records: RecordBuffer, outputs: Output[]): void {
    if (records.payloads.length === 0) return;
    const groups = this.groups;
    for (let g = groups.length - 1; g >= 0; g--) {
      (groups[g] as OutputGroup).route(records, outputs, g === 0 ? undefined : this.#copy);
    }
  }

  /** The last element of every channel. */
  stop(signal: StopSignal, outputs: Output[]): void {
    for (const group of this.groups) {
      for (const connection of group.connections) {
        if (!connection.stopped) outputs.push(connection.stop(signal));
      }
    }
  }

  /** Records sent so far, by channel number. */
  sent(): Map<number, number> {
    const counts = new Map<number, number>();
    for (const group of this.groups) {
      for (const connection of group.connections) counts.set(connection.target.channel, connection.sent);
    }
    return counts;
  }
}
