import { SageError } from "../src/errors/sage-error.ts";
import type { MaybePromise } from "../src/host/maybe-promise.ts";
import { Batch } from "../src/packet/batch.ts";
import type { Delivery, Queue } from "../src/queue/queue.port.ts";
import { QueueDescriptor } from "../src/queue/queue-descriptor.ts";

interface Put {
  batch: Batch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A bounded queue in memory that keeps the port's promises; a position is the number of elements taken so far. */
export class FakeQueue implements Queue {
  readonly descriptor: QueueDescriptor;
  /** Every position that was committed, in order. */
  readonly positions: number[] = [];
  closes = 0;
  /** One batch per element, those that were taken and not committed first. */
  #elements: Batch[] = [];
  #advanced = 0;
  #taken = 0;
  readonly #puts: Put[] = [];
  #take: { readonly max: number; readonly resolve: (delivery: Delivery) => void } | undefined;

  constructor(capacity = 1024, id = "queue-1") {
    this.descriptor = new QueueDescriptor({ kind: "fake", id, capacity });
  }

  offer(batch: Batch): boolean {
    if (this.closes > 0 || this.#puts.length > 0 || batch.payloads.length > this.#room) return false;
    this.#append(batch);
    this.#serveTake();
    return true;
  }

  put(batch: Batch): MaybePromise<void> {
    if (this.offer(batch)) return undefined;
    if (this.closes > 0) throw this.#closed();
    return new Promise((resolve, reject) => {
      this.#puts.push({ batch, resolve, reject });
      this.#servePuts();
    });
  }

  take(max: number): MaybePromise<Delivery> {
    const delivery = this.#next(max);
    if (delivery !== undefined) return delivery;
    return new Promise((resolve) => {
      this.#take = { max, resolve };
    });
  }

  advance(position: unknown): void {
    this.positions.push(position as number);
    const by = Math.max(0, (position as number) - this.#advanced);
    this.#elements.splice(0, by);
    this.#advanced += by;
    this.#taken -= by;
    this.#servePuts();
  }

  positionAfter({ batches, position }: Delivery, elements: number): number {
    return (position as number) - batches.reduce((sum, batch) => sum + batch.elements, 0) + elements;
  }

  rewind(): void {
    this.#taken = 0;
    this.#serveTake();
  }

  size(): number {
    return this.#elements.reduce((sum, { payloads }) => sum + payloads.length, 0);
  }

  close(): void {
    this.closes++;
    for (const { reject } of this.#puts.splice(0)) reject(this.#closed());
    this.#serveTake();
  }

  get #room(): number {
    return this.descriptor.capacity - this.size();
  }

  #append(batch: Batch): void {
    for (let i = 0; i < batch.payloads.length; i++) this.#elements.push(batch.range(i, i + 1));
    if (batch.stop !== undefined) this.#elements.push(batch.range(batch.payloads.length));
  }

  #servePuts(): void {
    for (let put = this.#puts[0]; put !== undefined; put = this.#puts[0]) {
      const fits = Math.min(put.batch.payloads.length, this.#room);
      const whole = fits === put.batch.payloads.length;
      this.#append(whole ? put.batch : put.batch.range(0, fits));
      if (!whole) {
        put.batch = put.batch.range(fits);
        break;
      }
      this.#puts.shift();
      put.resolve();
    }
    this.#serveTake();
  }

  #serveTake(): void {
    const take = this.#take;
    const delivery = take && this.#next(take.max);
    if (take === undefined || delivery === undefined) return;
    this.#take = undefined;
    take.resolve(delivery);
  }

  #next(max: number): Delivery | undefined {
    const from = this.#taken;
    let records = 0;
    while (this.#taken < this.#elements.length) {
      records += (this.#elements[this.#taken] as Batch).payloads.length;
      if (records > max) break;
      this.#taken++;
    }
    const done = this.closes > 0 && this.#taken === this.#elements.length && from === this.#taken;
    if (from === this.#taken && !done) return undefined;
    const batches = this.#elements.slice(from, this.#taken).reduce<Batch[]>(joinTo, []);
    return { batches, position: this.#advanced + this.#taken, done };
  }

  #closed(): SageError {
    return new SageError("QUEUE_CLOSED", { queue: this.descriptor.id });
  }
}

/** Appends an element, in the last batch if that is of the same channel. */
function joinTo(batches: Batch[], element: Batch): Batch[] {
  const last = batches.at(-1);
  if (last === undefined || last.channel !== element.channel || last.stop !== undefined) {
    return [...batches, element];
  }
  const { channel, firstSeq, payloads, keys, headers } = last;
  const joined = new Batch(
    channel,
    firstSeq,
    [...payloads, ...element.payloads],
    keys && [...keys, ...(element.keys ?? [])],
    headers && [...headers, ...(element.headers ?? [])],
    element.stop,
  );
  return [...batches.slice(0, -1), joined];
}
