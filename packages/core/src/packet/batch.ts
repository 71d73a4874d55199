import type { Headers } from "./packet.ts";
import type { PartitionKey } from "./partition-key.ts";
import type { StopSignal } from "./stop-signal.ts";

/**
 * Consecutive elements of one channel: what queues carry. A batch is immutable once it was put.
 *
 * `payloads[i]` has the sequence number `firstSeq + i`; `keys` and `headers`, when present, run parallel to it.
 * A stop signal comes last and has the sequence number `firstSeq + payloads.length`.
 */
export class Batch {
  /** Channel number in the job's graph. */
  readonly channel: number;
  /** Sequence number of the first element. */
  readonly firstSeq: number;
  /** The records. */
  readonly payloads: readonly unknown[];
  /** One key per record, or `undefined` when the stream is not keyed. */
  readonly keys: readonly PartitionKey[] | undefined;
  /** One set of headers per record, or `undefined` when no record has any. */
  readonly headers: readonly (Headers | undefined)[] | undefined;
  /** The end of the channel, if this is its last batch. */
  readonly stop: StopSignal | undefined;

  constructor(
    channel: number,
    firstSeq: number,
    payloads: readonly unknown[],
    keys?: readonly PartitionKey[],
    headers?: readonly (Headers | undefined)[],
    stop?: StopSignal,
  ) {
    this.channel = channel;
    this.firstSeq = firstSeq;
    this.payloads = payloads;
    this.keys = keys;
    this.headers = headers;
    this.stop = stop;
  }

  /** Number of elements: records, and the stop signal if there is one. */
  get elements(): number {
    return this.payloads.length + (this.stop === undefined ? 0 : 1);
  }

  /** The same elements, numbered from `firstSeq`. */
  renumbered(firstSeq: number): Batch {
    return new Batch(this.channel, firstSeq, this.payloads, this.keys, this.headers, this.stop);
  }

  /** The records from `from` up to `to`; without `to` the rest, and the stop signal if there is one. */
  range(from: number, to?: number): Batch {
    return new Batch(
      this.channel,
      this.firstSeq + from,
      this.payloads.slice(from, to),
      this.keys?.slice(from, to),
      this.headers?.slice(from, to),
      to === undefined ? this.stop : undefined,
    );
  }
}

/** Records in several batches. */
export function countRecords(batches: readonly Batch[]): number {
  if (batches.length === 1) return (batches[0] as Batch).payloads.length;
  let records = 0;
  for (let b = 0; b < batches.length; b++) records += (batches[b] as Batch).payloads.length;
  return records;
}

/** The elements from the `from`-th up to the `to`-th of several batches, counted over all of them. */
export function sliceElements(batches: readonly Batch[], from: number, to: number): readonly Batch[] {
  const parts: Batch[] = [];
  let before = 0;
  for (const batch of batches) {
    const first = Math.max(0, from - before);
    const last = Math.min(batch.elements, to - before);
    before += batch.elements;
    if (first >= last) continue;
    if (first === 0 && last === batch.elements) parts.push(batch);
    else parts.push(batch.range(first, last > batch.payloads.length ? undefined : last));
  }
  return parts;
}

/** Where a record of a batch is, for messages: its channel and its sequence number there. */
export function positionOf(batch: Batch, index: number): string {
  return `${batch.channel}:${batch.firstSeq + index}`;
}
