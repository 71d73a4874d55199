import { type SageError as Sage, SageError } from "@sage-kernel/core";
import type { Batch, Delivery, MaybePromise, Queue, QueueDescriptor } from "@sage-kernel/core/spi";
import { elementsOf, joined, sizeInBytes } from "./elements.ts";

/** A put that waits for room. */
export interface WaitingPut {
  /** What is not yet in the queue. */
  readonly elements: Batch[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Takes the listener off the put's signal. */
  readonly release: () => void;
}

/** A take that waits for elements. */
export interface WaitingTake {
  readonly max: number;
  readonly resolve: (delivery: Delivery) => void;
  readonly reject: (error: unknown) => void;
  /** Takes the listener off the take's signal. */
  readonly release: () => void;
}

/**
 * A plain and correct queue in memory, which needs no scheduler and can be looked into. It is a list of elements: the
 * first `taken` ones are taken and not committed, the others are ready.
 *
 * Two options of its descriptor bound it in bytes: `maxRecordBytes`, the largest record, and `maxBytes`, all records
 * together. The mutants of the queue contract override one of its methods each.
 */
export class FakeQueue implements Queue {
  readonly descriptor: QueueDescriptor;
  /** Every batch that was put or whose offer was accepted, in the order of the calls. */
  readonly puts: Batch[] = [];
  /** Every delivery, in order. */
  readonly takes: Delivery[] = [];
  /** Every position that was committed, in order. */
  readonly commits: number[] = [];
  /** True once it was closed. */
  closed = false;
  /** Elements that are not committed, each a batch of its own. */
  protected elements: Batch[] = [];
  /** How many of them are taken. */
  protected taken = 0;
  /** How many elements were committed since the queue was opened. */
  protected committed = 0;
  protected line: WaitingPut[] = [];
  protected consumer: WaitingTake | undefined;

  constructor(descriptor: QueueDescriptor) {
    this.descriptor = descriptor;
  }

  /** Puts that wait for room. */
  get waitingPuts(): number {
    return this.line.length;
  }

  offer(batch: Batch): boolean {
    const elements = elementsOf(batch);
    if (this.closed || this.line.length > 0 || !this.fits(elements)) return false;
    this.puts.push(batch);
    this.append(elements);
    return true;
  }

  put(batch: Batch, signal?: AbortSignal): MaybePromise<void> {
    if (this.closed) throw this.refusal();
    signal?.throwIfAborted();
    this.checkSizes(batch);
    if (this.offer(batch)) return undefined;
    this.puts.push(batch);
    return new Promise((resolve, reject) => {
      const put: WaitingPut = {
        elements: elementsOf(batch),
        resolve,
        reject,
        release: this.onAbort(signal, () => this.abandon(put, signal?.reason)),
      };
      this.lineUp(put);
      this.admit();
    });
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    signal?.throwIfAborted();
    if (this.consumer !== undefined) {
      const what = `The inbox "${this.descriptor.id}"`;
      throw new SageError("ILLEGAL_STATE", { what, from: "one waiting take", to: "a second one" });
    }
    if (this.elements.length > this.taken || this.closed) return this.deliver(max);
    return new Promise((resolve, reject) => {
      const release = this.onAbort(signal, () => {
        this.consumer = undefined;
        reject(signal?.reason);
      });
      this.consumer = { max, resolve, reject, release };
    });
  }

  advance(position: number): void {
    if (position <= this.committed) return;
    this.elements.splice(0, position - this.committed);
    this.taken -= position - this.committed;
    this.committed = position;
    this.commits.push(position);
    this.admit();
  }

  positionAfter({ batches, position }: Delivery, elements: number): number {
    return (position as number) - batches.reduce((sum, batch) => sum + batch.elements, 0) + elements;
  }

  rewind(): void {
    this.taken = 0;
    this.wake();
  }

  size(): number {
    let records = 0;
    for (const element of this.elements) records += element.payloads.length;
    return records;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const put of this.line.splice(0)) {
      put.release();
      put.reject(this.refusal());
    }
    this.wake();
  }

  /** Whether there is room for all of them at once. */
  protected fits(elements: readonly Batch[]): boolean {
    const records = elements.filter(({ payloads }) => payloads.length > 0);
    if (records.length === 0) return true;
    if (this.size() + records.length > this.descriptor.capacity) return false;
    return !this.boundedInBytes || this.bytes() + sizeInBytes(records) <= this.limit("maxBytes");
  }

  /** Bytes of all records inside. */
  protected bytes(): number {
    return sizeInBytes(this.elements);
  }

  /** Whether its records are measured at all. */
  protected get boundedInBytes(): boolean {
    return Number.isFinite(this.limit("maxBytes")) || Number.isFinite(this.limit("maxRecordBytes"));
  }

  /** @throws SageError when a record is larger than a record, or all of them together, may be. */
  protected checkSizes(batch: Batch): void {
    if (!this.boundedInBytes) return;
    const most = Math.min(this.limit("maxRecordBytes"), this.limit("maxBytes"));
    const size = Math.max(...elementsOf(batch).map((element) => sizeInBytes([element])));
    if (size <= most) return;
    const problem = `has ${size} bytes`;
    throw new SageError("INVALID_OPTION", { path: "payload", problem, expected: `at most ${most} bytes` });
  }

  /** Lets waiting puts in, in their order, as far as there is room. */
  protected admit(): void {
    for (let put = this.line[0]; put !== undefined; put = this.line[0]) {
      while (put.elements.length > 0 && this.fits([put.elements[0] as Batch]))
        this.elements.push(put.elements.shift() as Batch);
      if (put.elements.length > 0) break;
      this.line.shift();
      put.release();
      put.resolve();
    }
    this.wake();
  }

  /** Puts a put at the end of those that wait. */
  protected lineUp(put: WaitingPut): void {
    this.line.push(put);
  }

  /** Ends a waiting put that was aborted. */
  protected abandon(put: WaitingPut, reason: unknown): void {
    this.line = this.line.filter((other) => other !== put);
    put.reject(reason);
    this.admit();
  }

  /** Adds elements behind all others, and wakes a take that waits. */
  protected append(elements: readonly Batch[]): void {
    this.elements.push(...elements);
    this.wake();
  }

  /** Answers a take that waits, if there is anything to answer. */
  protected wake(): void {
    const { consumer } = this;
    if (consumer === undefined || (this.elements.length === this.taken && !this.closed)) return;
    this.consumer = undefined;
    consumer.release();
    consumer.resolve(this.deliver(consumer.max));
  }

  /** Hands out up to `max` records, and the stop signals behind them. */
  protected deliver(max: number): Delivery {
    const from = this.taken;
    let records = 0;
    for (; this.taken < this.elements.length; this.taken++) {
      records += this.elements[this.taken]?.payloads.length as number;
      if (records > max) break;
    }
    const batches = joined(this.elements.slice(from, this.taken));
    const done = this.closed && batches.length === 0;
    const delivery = { batches, position: this.committed + this.taken, done };
    this.takes.push(delivery);
    return delivery;
  }

  /** Calls back when the signal is aborted; answers what takes the listener off. */
  protected onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
    signal?.addEventListener("abort", callback, { once: true });
    return () => signal?.removeEventListener("abort", callback);
  }

  /** What a put into a closed queue is told. */
  protected refusal(): Sage {
    return new SageError("QUEUE_CLOSED", { queue: this.descriptor.id });
  }

  /** A limit among the descriptor's options; infinite when it is not set. */
  protected limit(name: "maxRecordBytes" | "maxBytes"): number {
    return (this.descriptor.options[name] as number | undefined) ?? Number.POSITIVE_INFINITY;
  }
}
