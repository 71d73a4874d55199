import { SageError } from "../errors/sage-error.ts";
import { Completion } from "../host/completion.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import type { Batch } from "../packet/batch.ts";
import { BatchDeque } from "./batch-deque.ts";
import type { Delivery, Queue } from "./queue.port.ts";
import type { QueueDescriptor } from "./queue-descriptor.ts";

/** Somebody in line for room. */
interface Waiting {
  /** Records that it still wants room for. */
  wanted: number;
  /** There is room for so many of them now. */
  admit(records: number): void;
  /** All of them have room. */
  done(): void;
  /** The queue is closed. */
  refuse(error: SageError): void;
}

/** A place in the line for room of a {@link MemoryQueue}. */
export interface RoomRequest {
  /** Leaves the line; what was given stays given. */
  cancel(): void;
}

/**
 * A bounded queue in memory. What was put waits in `ready`; what was taken waits in `taken` until it is committed.
 * A position is the number of elements handed out since the queue was opened.
 *
 * Room may be given away for records that are on their way from elsewhere: those who want it wait in one line with the puts.
 */
export class MemoryQueue implements Queue {
  readonly descriptor: QueueDescriptor;
  readonly inProcess = true;
  readonly #scheduler: Scheduler;
  readonly #ready = new BatchDeque();
  readonly #taken = new BatchDeque();
  readonly #line: Waiting[] = [];
  /** Room that was given away, for records that have not come yet. */
  #reserved = 0;
  /** Of that, what others may use meanwhile: when it is used all the same, the queue holds more than it should for a while. */
  #lent = 0;
  #consumer: Completion<Delivery> | undefined;
  #max = 0;
  #position = 0;
  #appended = 0;
  /** Why the last take was given up that was about to get something. */
  #givenUp: unknown;
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
    if (this.#closed || this.#line.length > 0 || batch.payloads.length > this.room) return false;
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
    if (!this.#ready.empty || this.ended) return this.#deliver();
    const consumer: Completion<Delivery> = new Completion(this.#scheduler, () => {
      if (this.#consumer !== consumer) throw this.#givenUp;
      return this.#deliver();
    });
    this.#consumer = consumer;
    if (signal !== undefined) this.#abortable(consumer, signal);
    return consumer;
  }

  advance(position: number): void {
    if (position <= this.#committed) return;
    if (position === this.#position) this.#taken.clear();
    else this.#taken.drop(position - this.#committed);
    this.#committed = position;
    if (this.#line.length > 0) this.#admit();
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
    for (const waiting of this.#line.splice(0)) waiting.refuse(this.#closedError());
    if (this.#reserved === 0) this.#consumer?.resolve();
  }

  /** Elements before the next one that is handed out. */
  get position(): number {
    return this.#position;
  }

  /** Records that were taken and are not committed. */
  get uncommitted(): number {
    return this.#taken.records;
  }

  /** Elements that have come into it. */
  get appended(): number {
    return this.#appended;
  }

  /** Whether it was closed. What has room may still come. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Records that there is room for. */
  get room(): number {
    return this.descriptor.capacity - this.#ready.records - this.#taken.records - this.#reserved + this.#lent;
  }

  /** Whether somebody waits for room. */
  get crowded(): boolean {
    return this.#line.length > 0;
  }

  /**
   * Gets in line for room. `admit` is called, now or later, whenever there is room for some of the records: it is theirs until
   * they come, by {@link arrive}, or it is given back, by {@link giveBack}. `refuse` is called when the queue is closed before that.
   */
  reserve(
    records: number,
    admit: (records: number) => void,
    refuse: (error: SageError) => void,
  ): RoomRequest {
    const taken = (given: number): void => {
      this.#reserved += given;
      admit(given);
    };
    const waiting: Waiting = { wanted: records, admit: taken, done: () => undefined, refuse };
    if (this.#closed) refuse(this.#closedError());
    else {
      this.#line.push(waiting);
      this.#admit();
    }
    return { cancel: () => this.#leave(waiting) };
  }

  /**
   * Lets others have room that was given away, since whoever has it cannot be asked whether it is needed. What comes for it is taken
   * in nevertheless.
   */
  lend(records: number): void {
    this.#lent += records;
    this.#admit();
  }

  /** Takes in a batch that has room, of which others may have had so much. */
  arrive(batch: Batch, lent = 0): void {
    this.#reserved -= batch.payloads.length;
    this.#lent -= lent;
    this.#append(batch);
  }

  /** Gives up the take that waits, if one does, even if it is about to get something: nothing is taken. It rejects with this. */
  giveUpTake(reason: unknown): void {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    this.#givenUp = reason;
    consumer?.reject(reason);
  }

  /** Gives room back that is not needed, of which others may have had so much. */
  giveBack(records: number, lent = 0): void {
    this.#reserved -= records;
    this.#lent -= lent;
    if (this.#closed && this.#reserved === 0) this.#consumer?.resolve();
    this.#admit();
  }

  #closedError(): SageError {
    return new SageError("QUEUE_CLOSED", { queue: this.descriptor.id });
  }

  /** Whether nothing will come any more. */
  get ended(): boolean {
    return this.#closed && this.#reserved === 0;
  }

  #append(batch: Batch): void {
    this.#appended += batch.elements;
    this.#ready.push(batch);
    this.#consumer?.resolve();
  }

  #deliver(): Delivery {
    this.#consumer = undefined;
    const batches = this.#ready.shift(this.#max);
    for (let i = 0; i < batches.length; i++) {
      const batch = batches[i] as Batch;
      this.#taken.push(batch);
      this.#position += batch.elements;
    }
    return { batches, position: this.#position, done: this.ended && batches.length === 0 };
  }

  #wait(batch: Batch, signal: AbortSignal | undefined): Completion<void> {
    const done = new Completion<void>(this.#scheduler);
    let admitted = 0;
    const onAbort = (): void => {
      if (!this.#leave(waiting)) return;
      done.reject(signal?.reason);
    };
    const release = (): void => signal?.removeEventListener("abort", onAbort);
    const waiting: Waiting = {
      wanted: batch.payloads.length,
      admit: (records) => {
        const from = admitted;
        admitted += records;
        const last = admitted === batch.payloads.length;
        this.#append(from === 0 && last ? batch : batch.range(from, last ? undefined : admitted));
      },
      done: () => {
        release();
        done.resolve();
      },
      refuse: (error) => {
        release();
        done.reject(error);
      },
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#line.push(waiting);
    this.#admit();
    return done;
  }

  /** Takes somebody out of the line, and answers whether they were in it. */
  #leave(waiting: Waiting): boolean {
    const index = this.#line.indexOf(waiting);
    if (index < 0) return false;
    this.#line.splice(index, 1);
    this.#admit();
    return true;
  }

  /** Gives those in line the room there is, in their order. */
  #admit(): void {
    for (let first = this.#line[0]; first !== undefined; first = this.#line[0]) {
      const { room } = this;
      if (first.wanted > room) {
        if (room <= 0) return;
        first.wanted -= room;
        first.admit(room);
        return;
      }
      this.#line.shift();
      first.admit(first.wanted);
      first.done();
    }
  }

  #abortable(consumer: Completion<Delivery>, signal: AbortSignal): void {
    const onAbort = (): void => {
      if (this.#consumer === consumer && !consumer.settled) this.giveUpTake(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    consumer.onSettled = () => signal.removeEventListener("abort", onAbort);
  }
}
