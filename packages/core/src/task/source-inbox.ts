import type { JsonValue } from "../errors/json.ts";
import { SageError } from "../errors/sage-error.ts";
import type { Clock } from "../host/clock.port.ts";
import { Completion } from "../host/completion.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { SourceReader } from "../operator/source-reader.ts";
import { Batch } from "../packet/batch.ts";
import type { Delivery, Queue } from "../queue/queue.port.ts";

/** Where a task's input comes from. */
export interface Inbox extends Pick<Queue, "take" | "advance" | "positionAfter" | "close"> {
  /**
   * Makes everything that was taken and not committed available again, in order: for an incarnation that starts over.
   * `position` is the one that was committed last, if one was.
   */
  rewind(position: JsonValue | undefined): MaybePromise<void>;
  /** Where the input begins, if that is to be committed before anything is taken. */
  readonly beginning?: JsonValue | undefined;
}

/** Channel number that a source's own reader uses. */
export const sourceChannel = -1;

/**
 * Makes a source's reader look like a queue, so that a source runs in the same loop as every other task: its end is
 * a stop signal on a channel of its own, and its position is the number of elements read. What was read is kept until
 * it is committed, so that a restarted task gets it again although the reader cannot go back.
 */
export class SourceInbox implements Inbox {
  readonly #node: string;
  readonly #reader: SourceReader;
  readonly #clock: Clock;
  /** Read and not committed; the first one begins at {@link #committed}. */
  #kept: Batch[] = [];
  #committed = 0;
  /** How many of the batches that are kept have been delivered. */
  #delivered = 0;
  #read = 0;
  #ended = false;

  constructor(node: string, reader: SourceReader, clock: Clock) {
    this.#node = node;
    this.#reader = reader;
    this.#clock = clock;
  }

  take(max: number): MaybePromise<Delivery> {
    if (this.#delivered < this.#kept.length) return this.#deliver(max);
    if (this.#ended) return { batches: [], position: this.#position, done: true };
    const records = this.#reader.poll(max);
    if (!isPromiseLike(records)) return this.#onRead(records);
    if (records instanceof Completion) return records.map(this.#onRead);
    return (records as PromiseLike<unknown[]>).then(this.#onRead);
  }

  advance(position: number): void {
    while (this.#delivered > 0) {
      const first = this.#kept[0] as Batch;
      const left = this.#committed + first.elements - position;
      if (left > 0) {
        if (left < first.elements) this.#kept[0] = first.range(first.elements - left);
        break;
      }
      this.#committed += first.elements;
      this.#kept.shift();
      this.#delivered--;
    }
    if (position > this.#committed) this.#committed = position;
  }

  positionAfter({ batches, position }: Delivery, elements: number): number {
    return (position as number) - (batches[0] as Batch).elements + elements;
  }

  /** @throws SageError `INPUT_NOT_REPLAYABLE` where the committed position is not among what is kept. */
  rewind(position: JsonValue | undefined): void {
    const wanted = (position ?? 0) as number;
    this.#delivered = this.#kept.length;
    const read = this.#position;
    if (wanted > read && this.#reader.forgetful === true) {
      this.#kept = [];
      this.#delivered = 0;
      this.#committed = wanted;
      this.#read = wanted;
      return;
    }
    if (wanted < this.#committed || wanted > read) {
      const kept = wanted > read ? read : this.#committed;
      throw new SageError("INPUT_NOT_REPLAYABLE", { node: this.#node, kept, wanted });
    }
    this.advance(wanted);
    this.#delivered = 0;
  }

  close(): void {
    this.#reader.close();
  }

  /** Where the input stands behind everything that was delivered. */
  get #position(): number {
    let position = this.#committed;
    for (let i = 0; i < this.#delivered; i++) position += (this.#kept[i] as Batch).elements;
    return position;
  }

  #deliver(max = Number.POSITIVE_INFINITY): Delivery {
    const next = this.#kept[this.#delivered] as Batch;
    if (next.payloads.length > max)
      this.#kept.splice(this.#delivered, 1, next.range(0, max), next.range(max));
    const batch = this.#kept[this.#delivered++] as Batch;
    return { batches: [batch], position: this.#position, done: batch.stop !== undefined };
  }

  readonly #onRead = (records: unknown[]): Delivery => {
    const first = this.#read;
    this.#read += records.length;
    this.#ended = records.length === 0;
    const stop = this.#ended ? { source: this.#node, time: this.#clock.now() } : undefined;
    this.#kept.push(new Batch(sourceChannel, first, records, undefined, undefined, stop));
    return this.#deliver();
  };
}
