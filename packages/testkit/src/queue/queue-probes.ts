import assert from "node:assert/strict";
import { Batch, type Delivery, type Queue } from "@sage-kernel/core/spi";

/** A sender on one channel, which numbers its batches. */
export class Sender {
  readonly #channel: number;
  #seq = 0;

  constructor(channel = 0) {
    this.#channel = channel;
  }

  /** The channel's next batch. */
  batch(...payloads: unknown[]): Batch {
    const batch = new Batch(this.#channel, this.#seq, payloads);
    this.#seq += payloads.length;
    return batch;
  }

  /** The channel's last batch: a stop signal, behind `payloads` if there are any. */
  stop(...payloads: unknown[]): Batch {
    const stop = { source: `task#${this.#channel}`, time: 0 };
    return new Batch(this.#channel, this.#seq, payloads, undefined, undefined, stop);
  }
}

/** The records of a delivery, in order. */
export function payloads(delivery: Delivery): unknown[] {
  return delivery.batches.flatMap((batch) => batch.payloads);
}

/** Takes and commits until `count` records have come. */
export async function takeAll(queue: Queue, count: number, max = 7): Promise<unknown[]> {
  const records: unknown[] = [];
  for (let takes = 0; records.length < count; takes++) {
    assert.ok(takes <= 2 * count, `${takes} takes brought ${records.length} of ${count} records`);
    const delivery = await queue.take(max);
    assert.ok(delivery.batches.length > 0, `the queue ended after ${records.length} of ${count} records`);
    records.push(...payloads(delivery));
    await queue.advance(delivery.position);
  }
  return records;
}
