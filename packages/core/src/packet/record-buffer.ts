import type { Headers } from "./packet.ts";
import type { PartitionKey } from "./partition-key.ts";

/**
 * The records that a task emits during one unit of work, in order. Keys are parallel to the records; a buffer is
 * keyed or not for its whole life, except that {@link RecordBuffer.clear} starts afresh.
 */
export class RecordBuffer {
  /** The records. */
  payloads: unknown[] = [];
  /** One key per record when the stream is keyed. */
  keys: PartitionKey[] | undefined;
  /** One set of headers per record when any record has some. */
  headers: (Headers | undefined)[] | undefined;

  /** Number of records. */
  get length(): number {
    return this.payloads.length;
  }

  /**
   * Makes room for up to `count` records and answers the index of the first. The caller writes from there on, into
   * `payloads` and, with `keyed`, into `keys`, and then calls {@link truncate} with the length it reached. (An array
   * of the right size is several times as fast as one that grows.)
   */
  reserve(count: number, keyed: boolean): number {
    const base = this.payloads.length;
    if (base === 0) {
      this.payloads = new Array(count);
      if (keyed) this.keys = new Array(count);
    }
    return base;
  }

  /** Drops what was emitted after the first `length` records: the outputs of a failed attempt. */
  truncate(length: number): void {
    if (this.payloads.length !== length) this.payloads.length = length;
    if (this.keys !== undefined && this.keys.length !== length) this.keys.length = length;
    if (this.headers !== undefined && this.headers.length !== length) this.headers.length = length;
  }

  /** Starts a new unit. The arrays of the old one now belong to whoever took them. */
  clear(): void {
    this.payloads = [];
    this.keys = undefined;
    this.headers = undefined;
  }
}
