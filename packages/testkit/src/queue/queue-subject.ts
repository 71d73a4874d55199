import assert from "node:assert/strict";
import { Batch, type Delivery, isPromiseLike, type MaybePromise, type Queue } from "@sage-kernel/core/spi";
import { settle } from "../fake-clock.ts";

/** What the queue contract needs from an implementation. */
export interface QueueSubject {
  /** Opens a queue; the same `name` leads to the same queue within one subject. */
  open(name: string, capacity: number): MaybePromise<Queue>;
}

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

  /** The channel's last batch. */
  stop(): Batch {
    return new Batch(this.#channel, this.#seq++, [], undefined, undefined, {
      source: `task#${this.#channel}`,
      time: 0,
    });
  }
}

/** The records of a delivery, in order. */
export function payloads(delivery: Delivery): unknown[] {
  return delivery.batches.flatMap((batch) => batch.payloads);
}

/** Takes and commits until `count` records have come. */
export async function takeAll(queue: Queue, count: number, max = 7): Promise<unknown[]> {
  const records: unknown[] = [];
  while (records.length < count) {
    const delivery = await queue.take(max);
    assert.ok(delivery.batches.length > 0, `the queue ended after ${records.length} of ${count} records`);
    records.push(...payloads(delivery));
    await queue.advance(delivery.position);
  }
  return records;
}

/** Fails unless the operation is still waiting after everything ready has run. */
export async function assertWaits(operation: MaybePromise<unknown>, what: string): Promise<void> {
  let settled = !isPromiseLike(operation);
  Promise.resolve(operation).then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  for (let turn = 0; turn < 3; turn++) await settle();
  assert.equal(settled, false, `${what} must wait`);
}

/** The code with which an operation is rejected; fails when it is not. */
export async function rejectionOf(operation: () => MaybePromise<unknown>): Promise<unknown> {
  try {
    await operation();
  } catch (error) {
    return error;
  }
  return assert.fail("the operation must be rejected");
}
