import { SageError } from "@sage-kernel/core";
import type { Batch, Delivery, MaybePromise } from "@sage-kernel/core/spi";
import { FakeQueue, type WaitingPut } from "../queue/fake-queue.ts";

/** How far the channels of a queue have come: what went in, and what was committed. */
export interface QueueMarks {
  readonly put: ReadonlyMap<number, ChannelMark>;
  readonly committed: ReadonlyMap<number, number>;
  /** The committed position. */
  readonly position: number;
}

/** Elements of a channel, and whether the last of them is its stop signal. */
export interface ChannelMark {
  readonly next: number;
  readonly stopped: boolean;
}

/** What is in a queue at a commit. */
export interface QueueSnapshot {
  readonly elements: readonly Batch[];
  readonly committed: number;
  readonly marks: ReadonlyMap<number, number>;
  readonly line: readonly (readonly [put: WaitingPut, elements: readonly Batch[]])[];
}

/** A queue that is part of a store, and goes back with it. */
export class BrokerQueue extends FakeQueue {
  /** The store has gone back, and the consumer has not started over yet: what it has is of no worth. */
  stale = false;
  /** Elements committed, by channel. */
  #marks = new Map<number, number>();

  override take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    if (this.stale && !this.closed) throw this.#vanished();
    return super.take(max, signal);
  }

  override advance(position: number): void {
    for (const { channel, firstSeq, elements } of this.elements.slice(0, position - this.committed))
      this.#marks.set(channel, firstSeq + elements);
    super.advance(position);
  }

  override rewind(): void {
    this.stale = false;
    super.rewind();
  }

  /** What is in it now. */
  snapshot(): QueueSnapshot {
    return {
      elements: [...this.elements],
      committed: this.committed,
      marks: new Map(this.#marks),
      line: this.line.map((put) => [put, [...put.elements]] as const),
    };
  }

  /** Goes back. Whoever waits for room that was never asked for, or for records, hears that his input has vanished. */
  restore({ elements, committed, marks, line }: QueueSnapshot): void {
    if (this.closed) return;
    const kept = new Set(line.map(([put]) => put));
    const gone = this.line.filter((put) => !kept.has(put));
    this.elements = [...elements];
    this.committed = committed;
    this.taken = 0;
    this.#marks = new Map(marks);
    this.line = line.map(([put, rest]) => Object.assign(put, { elements: [...rest] }));
    this.stale = true;
    for (const put of gone) {
      put.release();
      put.reject(this.#vanished());
    }
    const { consumer } = this;
    this.consumer = undefined;
    consumer?.release();
    consumer?.reject(this.#vanished());
  }

  /** How far its channels have come. */
  marks(): QueueMarks {
    const put = new Map<number, ChannelMark>();
    for (const [channel, next] of this.#marks) put.set(channel, { next, stopped: false });
    for (const { channel, firstSeq, elements, stop } of [
      ...this.elements,
      ...this.line.flatMap((waiting) => waiting.elements),
    ])
      put.set(channel, { next: firstSeq + elements, stopped: stop !== undefined });
    return { put, committed: this.#marks, position: this.committed };
  }

  #vanished(): SageError {
    return new SageError("INPUT_VANISHED", { node: this.descriptor.id });
  }
}
