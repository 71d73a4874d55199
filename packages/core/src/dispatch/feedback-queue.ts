import type { JsonValue } from "../errors/json.ts";
import { SageError } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { Delivery, Queue } from "../queue/queue.port.ts";
import type { QueueDescriptor } from "../queue/queue-descriptor.ts";
import { sizeNow } from "../queue/size-now.ts";

/**
 * The sending side of a way back: a put never waits, since the one who should make room may be waiting for the sender.
 * What does not fit fails the job instead.
 */
export class FeedbackQueue implements Queue {
  /** The queue behind it, for stores that write to their own queues. */
  readonly inner: Queue;
  readonly #loop: string;
  readonly #node: string;

  /** `loop` is the loop's name, `node` the head's id. */
  constructor(inner: Queue, loop: string, node: string) {
    this.inner = inner;
    this.#loop = loop;
    this.#node = node;
  }

  get descriptor(): QueueDescriptor {
    return this.inner.descriptor;
  }

  /** The error for what has found no room. */
  overflow(): SageError {
    const { capacity: limit } = this.descriptor;
    return new SageError("LOOP_OVERFLOW", { loop: this.#loop, node: this.#node, limit });
  }

  offer(batch: Batch): boolean {
    return this.inner.offer(batch);
  }

  put(batch: Batch): MaybePromise<void> {
    const { inner } = this;
    if (inner.offer(batch)) return undefined;
    const size = sizeNow(inner);
    // An offer is also refused where a queue is closed, or can only be written asynchronously.
    if (size === undefined || size + batch.payloads.length <= this.descriptor.capacity)
      return inner.put(batch);
    throw this.overflow();
  }

  take(max: number, signal?: AbortSignal): MaybePromise<Delivery> {
    return this.inner.take(max, signal);
  }

  advance(position: JsonValue): MaybePromise<void> {
    return this.inner.advance(position);
  }

  positionAfter(delivery: Delivery, elements: number): JsonValue {
    return this.inner.positionAfter(delivery, elements);
  }

  rewind(): MaybePromise<void> {
    return this.inner.rewind();
  }

  size(): MaybePromise<number> {
    return this.inner.size();
  }

  fill(): number | undefined {
    return this.inner.fill?.();
  }

  close(): MaybePromise<void> {
    return this.inner.close();
  }
}
