import { type SageError as Sage, SageError } from "@sage-kernel/core";
import {
  type Batch,
  Completion,
  type Delivery,
  type MaybePromise,
  type Queue,
  type QueueDescriptor,
  type Scheduler,
} from "@sage-kernel/core/spi";
import { BatchDeque } from "./batch-deque.ts";

interface WaitingPut {
  readonly batch: Batch;
  /** How many of its records are in the queue already. */
  admitted: number;
  readonly done: Completion<void>;
  readonly release: () => void;
}

/**
 * A bounded queue in memory. What was put waits in `ready`; what was taken waits in `taken` until it is committed.
 * A position is the number of elements handed out since the queue was opened.
 */
export class LocalQueue implements Queue {
  readonly descriptor: QueueDescriptor;
  readonly inProcess = true;
  readonly #scheduler: Scheduler;
  readonly #ready = new BatchDeque();
  readonly #taken = new BatchDeque();
  readonly #puts: WaitingPut[] = [];
  #consumer: Completion<Delivery> | undefined;
  #max = 0;
  #position = 0;
  #committed = 0;
  #closed = false;

  constructor(descriptor: QueueDescriptor, scheduler: Scheduler) {
    this.descriptor = descriptor;
    this.#scheduler = scheduler;
  }

  size(): number {
    return this.#ready.records + this.#taken.records;
  }

  offer(batch: Batch): boolean {
    if (this.#closed || this.#puts.length > 0 || batch.payloads.length > this.#room) return false;
    this.#append(batch);
    return true;
  }

  put(batch: Batch, signal?: AbortSignal): MaybePromise<void> {
    if (this.#closed) throw this.#closedError();
    signal?.throwIfAborted();
    if (this.offer(batch)) return undefined;
    return this.#wait(batch, signal);
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    signal?.throwIfAborted();
    if (this.#consumer !== undefined && !this.#consumer.settled) {
      const what = `The inbox "${this.descriptor.id}"`;
      throw new SageError("ILLEGAL_STATE", { what, from: "one waiting take", to: "a second one" });
    }
    this.#max = max;
    if (!this.#ready.empty || this.#closed) return this.#deliver();
    const consumer = new Completion<Delivery>(this.#scheduler, this.#deliver);
    this.#consumer = consumer;
    if (signal !== undefined) this.#abortable(consumer, signal);
    return consumer;
  }

  advance(position: number): void {
    if (position <= this.#committed) return;
    if (position === this.#position) this.#taken.clear();
    else this.#taken.drop(position - this.#committed);
    this.#committed = position;
    if (this.#puts.length > 0) this.#admit();
  }

  positionAfter({ batches, position }: Delivery, elements: number): number {
    const taken = batches.reduce((sum, batch) => sum + batch.elements, 0);
    return (position as number) - taken + elements;
  }

  rewind(): void {
    const behind = this.#ready.drain();
    for (const batch of this.#taken.drain()) this.#ready.push(batch);
    for (const batch of behind) this.#ready.push(batch);
    this.#position = this.#committed;
    if (!this.#ready.empty) this.#consumer?.resolve();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const put of this.#puts.splice(0)) {
      put.release();
      put.done.reject(this.#closedError());
    }
    this.#consumer?.resolve();
  }

  get #room(): number {
    return this.descriptor.capacity - this.#ready.records - this.#taken.records;
  }

  #closedError(): Sage {
    return new SageError("QUEUE_CLOSED", { queue: this.descriptor.id });
  }

  #append(batch: Batch): void {
    this.#ready.push(batch);
    this.#consumer?.resolve();
  }

  readonly #deliver = (): Delivery => {
    this.#consumer = undefined;
    const batches = this.#ready.shift(this.#max);
    for (let i = 0; i < batches.length; i++) {
      const batch = batches[i] as Batch;
      this.#taken.push(batch);
      this.#position += batch.elements;
    }
    return { batches, position: this.#position, done: this.#closed && batches.length === 0 };
  };

  #wait(batch: Batch, signal: AbortSignal | undefined): Completion<void> {
    const done = new Completion<void>(this.#scheduler);
    const onAbort = (): void => {
      const index = this.#puts.indexOf(put);
      if (index < 0) return;
      this.#puts.splice(index, 1);
      done.reject(signal?.reason);
      this.#admit();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const put: WaitingPut = {
      batch,
      admitted: 0,
      done,
      release: () => signal?.removeEventListener("abort", onAbort),
    };
    this.#puts.push(put);
    this.#admit();
    return done;
  }

  /** Lets waiting puts in, in their order, as far as there is room. */
  #admit(): void {
    for (let put = this.#puts[0]; put !== undefined; put = this.#puts[0]) {
      const { batch, admitted } = put;
      const room = this.#room;
      if (batch.payloads.length - admitted > room) {
        if (room > 0) {
          put.admitted += room;
          this.#append(batch.range(admitted, put.admitted));
        }
        return;
      }
      this.#puts.shift();
      this.#append(admitted === 0 ? batch : batch.range(admitted));
      put.release();
      put.done.resolve();
    }
  }

  #abortable(consumer: Completion<Delivery>, signal: AbortSignal): void {
    const onAbort = (): void => {
      if (this.#consumer !== consumer || consumer.settled) return;
      this.#consumer = undefined;
      consumer.reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    consumer.onSettled = () => signal.removeEventListener("abort", onAbort);
  }
}
