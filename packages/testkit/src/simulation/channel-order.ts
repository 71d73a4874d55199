import type { JsonValue } from "@sage-kernel/core";
import type { Batch, Delivery } from "@sage-kernel/core/spi";
import type { QueueMarks } from "./broker-queue.ts";

/** Next sequence numbers, by channel. */
type Marks = ReadonlyMap<number, number>;

interface ChannelPuts {
  next: number;
  stopped: boolean;
}

/**
 * Watches one queue of records from outside: each channel goes in without gaps and ends with one stop signal, and comes
 * out as it went in; what was taken and not committed comes again after a rewind, and only then.
 */
export class ChannelOrder {
  readonly #queue: string;
  readonly #onViolation: (problem: string) => void;
  readonly #puts = new Map<number, ChannelPuts>();
  #taken = new Map<number, number>();
  #committed: Marks = new Map();
  /** Where the channels stand behind what the consumer may commit, by position. */
  readonly #marks = new Map<string, Marks>();

  /** The queue has gone back, and its consumer has not started over: what is on its way to it is of no worth. */
  #stale = false;

  constructor(queue: string, onViolation: (problem: string) => void) {
    this.#queue = queue;
    this.#onViolation = onViolation;
  }

  /** Channels that carried anything and have not stopped. */
  get open(): readonly number[] {
    return [...this.#puts].filter(([, { stopped }]) => !stopped).map(([channel]) => channel);
  }

  /** A batch goes in. */
  put({ channel, firstSeq, elements, stop }: Batch): void {
    const puts = this.#puts.get(channel) ?? { next: 0, stopped: false };
    this.#puts.set(channel, puts);
    if (puts.stopped) this.#report(`channel ${channel} carries elements after its stop signal`);
    if (firstSeq !== puts.next) this.#report(`channel ${channel} goes on with ${firstSeq}, not ${puts.next}`);
    puts.next = firstSeq + elements;
    puts.stopped = stop !== undefined;
  }

  /** A delivery comes out. */
  take({ batches, position }: Delivery): void {
    if (this.#stale) return;
    for (const { channel, firstSeq, elements } of batches) {
      const next = this.#taken.get(channel) ?? 0;
      if (firstSeq !== next) this.#report(`channel ${channel} comes out with ${firstSeq}, not ${next}`);
      const end = firstSeq + elements;
      if (end > (this.#puts.get(channel)?.next ?? 0))
        this.#report(`channel ${channel} gives what was not put`);
      this.#taken.set(channel, end);
    }
    this.#marks.set(JSON.stringify(position), new Map(this.#taken));
  }

  /** The consumer asks where it stands behind a part of a delivery. */
  split(delivery: Delivery, elements: number, position: JsonValue): void {
    const marks = new Map(this.#marks.get(JSON.stringify(delivery.position)));
    let left = elements;
    for (const { channel, firstSeq, elements: all } of delivery.batches) {
      const part = Math.min(left, all);
      left -= part;
      if (part === all) continue;
      marks.set(channel, Math.min(firstSeq + part, marks.get(channel) ?? 0));
    }
    this.#marks.set(JSON.stringify(position), marks);
  }

  /** The consumer commits a position. */
  advance(position: JsonValue): void {
    const marks = this.#marks.get(JSON.stringify(position));
    if (marks === undefined) this.#report(`the position ${JSON.stringify(position)} was never given out`);
    else if ([...this.#committed].some(([channel, next]) => (marks.get(channel) ?? 0) < next))
      this.#report(`the position goes back to ${JSON.stringify(position)}`);
    else this.#committed = marks;
  }

  /** The consumer starts over. */
  rewind(): void {
    this.#taken = new Map(this.#committed);
    this.#stale = false;
  }

  /** The queue has gone back to this. */
  goBack({ put, committed, position }: QueueMarks): void {
    this.#puts.clear();
    for (const [channel, { next, stopped }] of put) this.#puts.set(channel, { next, stopped });
    this.#committed = new Map(committed);
    this.#marks.clear();
    this.#marks.set(JSON.stringify(position), this.#committed);
    this.#stale = true;
  }

  #report(problem: string): void {
    this.#onViolation(`queue ${this.#queue}: ${problem}`);
  }
}
