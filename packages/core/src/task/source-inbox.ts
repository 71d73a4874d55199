import type { Clock } from "../host/clock.port.ts";
import { Completion } from "../host/completion.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { SourceReader } from "../operator/source-reader.ts";
import { Batch } from "../packet/batch.ts";
import type { Delivery, Queue } from "../queue/queue.port.ts";

/** Where a task's input comes from. */
export type Inbox = Pick<Queue, "take" | "advance" | "positionAfter" | "close">;

/** Channel number that a source's own reader uses. */
export const sourceChannel = -1;

/**
 * Makes a source's reader look like a queue, so that a source runs in the same loop as every other task: its end is
 * a stop signal on a channel of its own, and its position is the number of records read.
 */
export class SourceInbox implements Inbox {
  readonly #node: string;
  readonly #reader: SourceReader;
  readonly #clock: Clock;
  #read = 0;
  #ended = false;

  constructor(node: string, reader: SourceReader, clock: Clock) {
    this.#node = node;
    this.#reader = reader;
    this.#clock = clock;
  }

  take(max: number): MaybePromise<Delivery> {
    if (this.#ended) return { batches: [], position: this.#read, done: true };
    const records = this.#reader.poll(max);
    if (!isPromiseLike(records)) return this.#deliver(records);
    if (records instanceof Completion) return records.map(this.#deliver);
    return (records as PromiseLike<unknown[]>).then(this.#deliver);
  }

  advance(): void {}

  positionAfter({ batches, position }: Delivery, elements: number): number {
    return (position as number) - (batches[0] as Batch).payloads.length + elements;
  }

  close(): void {
    this.#reader.close();
  }

  readonly #deliver = (records: unknown[]): Delivery => {
    const first = this.#read;
    this.#read += records.length;
    this.#ended = records.length === 0;
    const stop = this.#ended ? { source: this.#node, time: this.#clock.now() } : undefined;
    const batch = new Batch(sourceChannel, first, records, undefined, undefined, stop);
    return { batches: [batch], position: this.#read, done: this.#ended };
  };
}
