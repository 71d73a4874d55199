import type { JsonValue } from "@sage-kernel/core";
import {
  Batch,
  type Delivery,
  isPromiseLike,
  type MaybePromise,
  type Queue,
  type QueueDescriptor,
  type QueueDriver,
} from "@sage-kernel/core/spi";

/** What happens to payloads on their way through a queue. */
export interface PayloadMapping {
  /** What goes in instead of a payload: nothing, one or several; a put throws what it throws. By default the payload. */
  readonly into?: (payload: unknown) => readonly unknown[];
  /** What comes out instead of one. By default what is inside. */
  readonly outOf?: (payload: unknown) => unknown;
}

/** A queue around another one that changes what goes through. Sizes and positions are those of the inner one. */
export class MappedQueue implements Queue {
  readonly #inner: Queue;
  readonly #into: (payload: unknown) => readonly unknown[];
  readonly #outOf: (payload: unknown) => unknown;
  /** What a delivery was before it was mapped. */
  readonly #origins = new WeakMap<Delivery, Delivery>();

  constructor(inner: Queue, { into = (payload) => [payload], outOf = (payload) => payload }: PayloadMapping) {
    this.#inner = inner;
    this.#into = into;
    this.#outOf = outOf;
  }

  get descriptor(): QueueDescriptor {
    return this.#inner.descriptor;
  }

  offer(batch: Batch): boolean {
    let payloads: readonly unknown[];
    try {
      payloads = batch.payloads.flatMap(this.#into);
    } catch {
      return false; // the put that follows says why
    }
    return this.#inner.offer(withPayloads(batch, payloads));
  }

  put(batch: Batch, signal?: AbortSignal): MaybePromise<void> {
    return this.#inner.put(withPayloads(batch, batch.payloads.flatMap(this.#into)), signal);
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    const taken = this.#inner.take(max, signal);
    return isPromiseLike(taken)
      ? Promise.resolve(taken).then((delivery) => this.#mapped(delivery))
      : this.#mapped(taken);
  }

  advance(position: JsonValue): MaybePromise<void> {
    return this.#inner.advance(position);
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    return this.#inner.positionAfter(this.#origins.get(delivery) ?? delivery, elements);
  }

  rewind(): MaybePromise<void> {
    return this.#inner.rewind();
  }

  size(): MaybePromise<number> {
    return this.#inner.size();
  }

  close(): MaybePromise<void> {
    return this.#inner.close();
  }

  #mapped(origin: Delivery): Delivery {
    const batches = origin.batches.map((batch) => withPayloads(batch, batch.payloads.map(this.#outOf)));
    const delivery = { ...origin, batches };
    this.#origins.set(delivery, origin);
    return delivery;
  }
}

/** A driver whose queues stand behind something, such as a {@link MappedQueue}. */
export function wrappedDriver(inner: QueueDriver, wrap: (queue: Queue) => Queue): QueueDriver {
  return {
    kind: inner.kind,
    capabilities: inner.capabilities,
    open(descriptor) {
      const queue = inner.open(descriptor);
      return isPromiseLike(queue) ? Promise.resolve(queue).then(wrap) : wrap(queue);
    },
  };
}

/** Keys and headers stay where each payload still has its own place. */
function withPayloads(batch: Batch, payloads: readonly unknown[]): Batch {
  const { channel, firstSeq, keys, headers, stop } = batch;
  return payloads.length === batch.payloads.length
    ? new Batch(channel, firstSeq, payloads, keys, headers, stop)
    : new Batch(channel, firstSeq, payloads, undefined, undefined, stop);
}
