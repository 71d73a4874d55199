import type { Headers } from "./packet.ts";
import type { PartitionKey } from "./partition-key.ts";

/** For one record, the targets in each output group that chooses them record by record. */
export type Routes = readonly (readonly number[])[];

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
  /** The targets that were selected for each record, where the router is selective. */
  routes: Routes[] | undefined;

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

  /** Appends one record; a buffer becomes keyed with its first keyed record. */
  append(payload: unknown, key: PartitionKey | undefined, headers: Headers | undefined): void {
    if (headers !== undefined) this.#headersFor(this.payloads.length).push(headers);
    else if (this.headers !== undefined) this.headers.push(undefined);
    this.payloads.push(payload);
    if (key === undefined) return;
    if (this.keys === undefined) this.keys = [];
    this.keys.push(key);
  }

  /** Gives the records from `from` on these headers, except where a record has its own. */
  inherit(from: number, headers: Headers): void {
    const all = this.#headersFor(this.payloads.length);
    for (let i = from; i < all.length; i++) all[i] ??= headers;
  }

  /** Gives each record its place among the headers, if any record has some: batches have them in parallel. */
  padHeaders(): void {
    if (this.headers !== undefined) this.#headersFor(this.payloads.length);
  }

  /** Moves everything out of another buffer to the end of this one. */
  take(other: RecordBuffer): void {
    const { payloads, keys, headers, routes } = other;
    for (let i = 0; i < payloads.length; i++) this.append(payloads[i], keys?.[i], headers?.[i]);
    if (routes === undefined) return;
    if (this.routes === undefined) this.routes = [];
    this.routes.push(...routes);
  }

  /** Drops what was emitted after the first `length` records: the outputs of a failed attempt. */
  truncate(length: number): void {
    if (this.payloads.length !== length) this.payloads.length = length;
    if (this.keys !== undefined && this.keys.length !== length) this.keys.length = length;
    if (this.headers !== undefined && this.headers.length > length) this.headers.length = length;
    if (this.routes !== undefined && this.routes.length > length) this.routes.length = length;
  }

  /** Starts a new unit. The arrays of the old one now belong to whoever took them. */
  clear(): void {
    this.payloads = [];
    this.keys = undefined;
    this.headers = undefined;
    this.routes = undefined;
  }

  /** The headers, padded to one entry for each of the first `length` records. */
  #headersFor(length: number): (Headers | undefined)[] {
    if (this.headers === undefined) this.headers = [];
    while (this.headers.length < length) this.headers.push(undefined);
    return this.headers;
  }
}
