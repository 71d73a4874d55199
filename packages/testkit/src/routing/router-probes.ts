import assert from "node:assert/strict";
import {
  type Batch,
  type Connection,
  type Headers,
  isPromiseLike,
  type MaybePromise,
  type Output,
  type OutputGroup,
  type PartitionKey,
  RecordBuffer,
} from "@sage-kernel/core/spi";
import { numbers, started } from "../contract/probes.ts";
import type { EdgePlan, TestedRouter } from "./router-subject.ts";

/** A record on its way out. */
export interface Emitted {
  readonly payload: unknown;
  readonly key?: PartitionKey;
  readonly headers?: Headers;
}

/** What one receiver found in its inbox. */
export interface Received extends Emitted {
  readonly seq: number;
}

/** A task that emits through a router, as a task does: each record in an attempt of its own, and then a unit. */
export class Emitter {
  readonly router: TestedRouter;
  readonly #buffer = new RecordBuffer();

  constructor(router: TestedRouter) {
    this.router = router;
  }

  /** Adds a record to the unit, or nothing of it when it is refused. */
  attempt({ payload, key, headers }: Emitted): void {
    const at = this.#buffer.length;
    this.#buffer.append(payload, key, headers);
    if (!this.router.selective) return;
    try {
      this.router.select(this.#buffer, at);
    } catch (error) {
      this.#buffer.truncate(at);
      throw error;
    }
  }

  /** How many instances each record of the unit goes to, as the router says. */
  widths(): number[] {
    return this.#buffer.payloads.map((_, i) => this.router.width(this.#buffer, i));
  }

  /** The outputs of the unit; the next one begins. */
  unit(): Output[] {
    const outputs: Output[] = [];
    this.router.route(this.#buffer, outputs);
    this.#buffer.clear();
    return outputs;
  }

  /** Adds records, and puts the unit into the queues; a promise while some have no room. */
  emit(...records: readonly Emitted[]): MaybePromise<void> {
    for (const record of records) this.attempt(record);
    return put(this.unit());
  }

  /** Sends the stop signals. */
  stop(source = "sender#0"): MaybePromise<void> {
    const outputs: Output[] = [];
    this.router.stop({ source, time: 0 }, outputs);
    return put(outputs);
  }
}

/** Puts outputs into their queues, in their order. */
export function put(outputs: readonly Output[]): MaybePromise<void> {
  const waits = outputs.flatMap(({ queue, batch }) => {
    const wait = queue.offer(batch) ? undefined : queue.put(batch);
    return isPromiseLike(wait) ? [wait] : [];
  });
  return waits.length === 0 ? undefined : started(() => Promise.all(waits).then(() => undefined));
}

/** The batches that wait in a receiver's inbox; ends it. */
export async function batchesAt({ target: { queue } }: Connection): Promise<Batch[]> {
  await queue.close();
  const batches: Batch[] = [];
  for (let done = false; !done; ) {
    const delivery = await queue.take(100_000);
    batches.push(...delivery.batches);
    await queue.advance(delivery.position);
    done = delivery.done || delivery.batches.length === 0;
  }
  return batches;
}

/** The records that wait in a receiver's inbox; ends it. */
export async function recordsAt(connection: Connection): Promise<Received[]> {
  return (await batchesAt(connection)).flatMap(recordsOf);
}

/** The payloads that wait at each instance of a step; ends their inboxes. */
export async function payloadsAt({ connections }: OutputGroup): Promise<unknown[][]> {
  const all: unknown[][] = [];
  for (const connection of connections) all.push((await recordsAt(connection)).map(({ payload }) => payload));
  return all;
}

/** The records of a batch. */
export function recordsOf({ payloads, keys, headers, firstSeq }: Batch): Received[] {
  return payloads.map((payload, i) => ({
    payload,
    seq: firstSeq + i,
    ...(keys === undefined ? {} : { key: keys[i] as PartitionKey }),
    ...(headers?.[i] === undefined ? {} : { headers: headers[i] }),
  }));
}

/** Numbered records with keys, of which neighbours differ. */
export function keyedRecords(count: number, from = 0): Emitted[] {
  return numbers(count).map((n) => ({ payload: `${"x".repeat(n % 3)}${from + n}`, key: `key ${n % 7}` }));
}

/** A group of the router, which a case needs to be there. */
export function groupOf({ groups }: TestedRouter, at = 0): OutputGroup {
  return groups[at] ?? assert.fail(`the router has no group ${at}`);
}

/** The way to one instance of a step. */
export function connectionTo(router: TestedRouter, group: number, index: number): Connection {
  return groupOf(router, group).connections[index] ?? assert.fail(`no instance ${index} of group ${group}`);
}

/** Edges that differ in nothing but their widths. */
export const edgesOf = (strategy: string, ...widths: readonly number[]): EdgePlan[] =>
  widths.map((width) => ({ strategy, width }));

/** Fails unless the sequence numbers count up from 0 without a gap. */
export function assertInSequence(records: readonly Received[], where: string): void {
  assert.deepEqual(
    records.map(({ seq }) => seq),
    numbers(records.length),
    `the sequence numbers ${where}`,
  );
}
