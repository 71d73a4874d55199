import type { JsonValue } from "@sage-kernel/core";
import type { Clock, Delivery, MaybePromise, Queue, QueueDescriptor } from "@sage-kernel/core/spi";
import { Batch, isPromiseLike } from "@sage-kernel/core/spi";
import type { QueueMarks } from "./broker-queue.ts";
import type { ChannelOrder } from "./channel-order.ts";
import type { FaultSchedule } from "./fault.ts";
import { faultyMessages } from "./faulty-messages.ts";
import type { Trace } from "./trace.ts";

/** What a queue of a simulation works with. */
export interface SimQueueScope {
  readonly clock: Clock;
  readonly faults: FaultSchedule;
  readonly trace: Trace;
  /** Watches the channels; `undefined` for a queue of messages of services. */
  readonly order: ChannelOrder | undefined;
  readonly onViolation: (problem: string) => void;
}

/** A put or a take that waits, for the graph of who waits for whom. */
export interface Waits {
  /** Channels whose puts have not settled, with how many. */
  readonly puts: ReadonlyMap<number, number>;
  /** Whether a take has not settled. */
  readonly taking: boolean;
}

/** A queue around another one in which puts and takes are late as planned; it is watched, and written into the trace. */
export class SimQueue implements Queue {
  readonly #inner: Queue;
  readonly #scope: SimQueueScope;
  /** Settles when what was put on a channel before has begun; only where something is late. */
  readonly #gates = new Map<number, Promise<unknown>>();
  readonly #waitingPuts = new Map<number, number>();
  #taking = false;
  /** Delays of offers that were refused for them, which the puts that follow on their channels get. */
  readonly #delays = new Map<number, number>();
  /** Fires when the queue is closed: nothing is late any more. */
  readonly #closing = new AbortController();

  constructor(inner: Queue, scope: SimQueueScope) {
    this.#inner = inner;
    this.#scope = scope;
  }

  get descriptor(): QueueDescriptor {
    return this.#inner.descriptor;
  }

  /** What of it waits now. */
  get waits(): Waits {
    return { puts: this.#waitingPuts, taking: this.#taking };
  }

  /** Channels that have carried anything and not stopped. */
  get openChannels(): readonly number[] {
    return this.#scope.order?.open ?? [];
  }

  /** The store that it belongs to has gone back, and the queue with it. */
  goBack(marks: QueueMarks): void {
    this.#scope.order?.goBack(marks);
  }

  /** Messages pass a queue by only where nothing is planned for them. */
  get inProcess(): boolean {
    const { order, faults } = this.#scope;
    return order === undefined && !faults.plans("message") && this.#inner.inProcess === true;
  }

  offer(batch: Batch): boolean {
    const { order, faults } = this.#scope;
    if (this.#gates.has(batch.channel)) return false;
    if (order === undefined && faults.plans("message")) return false; // messages are counted once, when they are put
    const delay = this.#delays.get(batch.channel) ?? faults.delayAt("put");
    if (delay > 0) {
      this.#delays.set(batch.channel, delay);
      return false;
    }
    const taken = this.#inner.offer(batch);
    if (taken) this.#entered(batch);
    return taken;
  }

  put(batch: Batch, signal?: AbortSignal): MaybePromise<void> {
    const delay = this.#delays.get(batch.channel) ?? 0;
    this.#delays.delete(batch.channel);
    const gate = this.#gates.get(batch.channel);
    this.#entered(batch);
    if (delay === 0 && gate === undefined) return this.#waiting(batch, this.#into(batch, signal));
    const turn = Promise.all([gate, delay > 0 ? this.#later(delay, signal) : undefined]);
    const behind = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#gates.get(batch.channel) === behind) this.#gates.delete(batch.channel);
      });
    this.#gates.set(batch.channel, behind);
    return this.#waiting(
      batch,
      turn.then(() => this.#into(batch, signal)),
    );
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    const delay = this.#scope.faults.delayAt("take");
    const taken =
      delay === 0
        ? this.#inner.take(max, signal)
        : this.#later(delay, signal).then(() => this.#inner.take(max, signal));
    if (!isPromiseLike(taken)) return this.#taken(taken);
    this.#taking = true;
    return Promise.resolve(taken).then(
      (delivery) => {
        this.#taking = false;
        return this.#taken(delivery);
      },
      (error) => {
        this.#taking = false;
        throw error;
      },
    );
  }

  advance(position: JsonValue): MaybePromise<void> {
    this.#scope.trace.add(`advance ${this.descriptor.id} ${JSON.stringify(position)}`);
    this.#scope.order?.advance(position);
    return this.#inner.advance(position);
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    const position = this.#inner.positionAfter(delivery, elements);
    this.#scope.order?.split(delivery, elements, position);
    return position;
  }

  rewind(): MaybePromise<void> {
    this.#scope.trace.add(`rewind ${this.descriptor.id}`);
    this.#scope.order?.rewind();
    return this.#inner.rewind();
  }

  size(): MaybePromise<number> {
    return this.#inner.size();
  }

  close(): MaybePromise<void> {
    if (!this.#closing.signal.aborted) this.#scope.trace.add(`close ${this.descriptor.id}`);
    this.#closing.abort();
    return this.#inner.close();
  }

  /** Resolves after so many ms, or when the queue is closed. @throws the signal's reason when it is aborted. */
  async #later(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const closing = this.#closing.signal;
    const cut = signal === undefined ? closing : AbortSignal.any([closing, signal]);
    await this.#scope.clock.sleep(ms, cut).catch(() => undefined);
    signal?.throwIfAborted();
  }

  #into(batch: Batch, signal: AbortSignal | undefined): MaybePromise<void> {
    const changed = this.#changed(batch);
    if (changed.payloads.length === 0 && batch.payloads.length > 0) return undefined;
    return this.#inner.put(changed, signal);
  }

  /** Where messages of services pass, they may be doubled, lost or changed. */
  #changed(batch: Batch): Batch {
    const { order, faults } = this.#scope;
    if (order !== undefined) return batch;
    const payloads = faultyMessages(batch.payloads, faults);
    return payloads === batch.payloads ? batch : new Batch(batch.channel, batch.firstSeq, payloads);
  }

  /** A batch begins its way in. */
  #entered(batch: Batch): void {
    this.#note("put", batch);
    this.#scope.order?.put(batch);
    this.#measure();
  }

  #note(operation: string, { channel, firstSeq, payloads, keys, headers, stop }: Batch): void {
    const what = `${firstSeq}+${payloads.length}${stop === undefined ? "" : " stop"}`;
    const beside = keys === undefined && headers === undefined ? [] : [{ keys, headers }];
    this.#scope.trace.add(`${operation} ${this.descriptor.id} ${channel}:${what}`, [...payloads, ...beside]);
  }

  #waiting(batch: Batch, put: MaybePromise<void>): MaybePromise<void> {
    const { channel } = batch;
    this.#measure();
    if (!isPromiseLike(put)) return undefined;
    this.#waitingPuts.set(channel, (this.#waitingPuts.get(channel) ?? 0) + 1);
    const leave = (): void => {
      const left = (this.#waitingPuts.get(channel) ?? 1) - 1;
      if (left === 0) this.#waitingPuts.delete(channel);
      else this.#waitingPuts.set(channel, left);
    };
    return Promise.resolve(put).then(leave, (error) => {
      leave();
      throw error;
    });
  }

  #taken(delivery: Delivery): Delivery {
    for (const batch of delivery.batches) this.#note("take", batch);
    this.#scope.order?.take(delivery);
    this.#measure();
    return delivery;
  }

  #measure(): void {
    const size = this.#inner.size();
    const { id, capacity } = this.descriptor;
    if (typeof size === "number" && size > capacity)
      this.#scope.onViolation(`queue ${id}: holds ${size} records, and its capacity is ${capacity}`);
  }
}
