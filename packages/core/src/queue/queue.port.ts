import type { JsonValue } from "../errors/json.ts";
import type { SageError } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { QueueDescriptor } from "./queue-descriptor.ts";

/** What one take hands to the consumer. The consumer must not change it. */
export interface Delivery {
  /** At least one record or stop signal, in order; empty only in the final delivery. */
  readonly batches: readonly Batch[];
  /** Where the input stands after this delivery; goes back through {@link Queue.advance}. Opaque. */
  readonly position: JsonValue;
  /** True once the queue is closed and everything was taken; no further delivery has records. */
  readonly done: boolean;
}

/**
 * Port: the inbox of one task instance, a bounded FIFO that many channels feed and one consumer reads.
 *
 * Its capacity counts records, taken but not yet committed ones included; stop signals weigh nothing, so a stop
 * always fits. Elements of one channel stay in the order of their puts. Whatever waits does not hold up anything
 * else. No foreign error comes out.
 */
export interface Queue {
  /** The name under which it was opened. */
  readonly descriptor: QueueDescriptor;

  /**
   * Whether whoever writes it and whoever reads it are in this process, and it does nothing with its elements but keep
   * them: then a message of a service may pass it by while it is empty. Default: no.
   */
  readonly inProcess?: boolean;

  /**
   * Takes the whole batch now, or nothing and answers `false`: when it does not fit, when puts are waiting, or when
   * the queue is closed. A driver that can only write asynchronously always answers `false`.
   */
  offer(batch: Batch): boolean;

  /**
   * Appends what there is room for now, from the beginning of the batch, and answers how many records that was. For queues
   * whose {@link Queue.offer} cannot know whether there is room.
   *
   * @throws SageError `QUEUE_CLOSED`.
   */
  putNow?(batch: Batch): MaybePromise<number>;

  /**
   * Appends the batch; splits what does not fit and waits while the queue is full, which is the backpressure.
   * Waiting puts are served in their order.
   *
   * @throws SageError `QUEUE_CLOSED` when the queue is closed before the last record was taken in; the records taken
   * in before that can still be read. The signal's reason when it is aborted; records not yet taken in never appear.
   */
  put(batch: Batch, signal?: AbortSignal): MaybePromise<void>;

  /**
   * Takes up to `max` records, and at least one record or stop signal: what is there is returned at once, without
   * waiting for `max`. Waits while the queue is empty. After `close()` the rest can be taken; then the final, empty
   * delivery is returned, every time. One take may wait at a time.
   *
   * @throws the signal's reason when it is aborted; nothing was taken then.
   */
  take(max: number, signal?: AbortSignal): MaybePromise<Delivery>;

  /** Commits the input up to a delivery's position and frees its room. Repeating it has no effect. */
  advance(position: JsonValue): MaybePromise<void>;

  /**
   * The position after only the first `elements` elements (records and stop signals) of a delivery of this queue:
   * for a consumer that has done a part of it and waits with the rest. Pure; `elements` is at least 1 and at most
   * what the delivery holds.
   */
  positionAfter(delivery: Delivery, elements: number): JsonValue;

  /** Makes everything taken but not committed available again, in order, also to a take that waits: for a consumer that starts over. */
  rewind(): MaybePromise<void>;

  /** Records inside: queued, or taken and not committed. Never negative. */
  size(): MaybePromise<number>;

  /**
   * How many records are inside as far as this process knows at once; asks nobody, and may be late. For queues whose
   * {@link Queue.size} has to ask a server.
   */
  fill?(): number | undefined;

  /**
   * Calls back when something that was put here, and was taken in, may never come to who reads it: its server has lost it, or the way
   * there was lost with it. Answers how to stop listening. Left out by queues that lose nothing while their process lives.
   */
  onLoss?(listener: (error: SageError) => void): () => void;

  /**
   * Calls back when records of this queue may have been lost, in a way that the queue cannot make good: for queues with
   * {@link callQueueOptions}, whose reader is their only keeper. Answers how to stop listening.
   */
  onDoubt?(listener: () => void): () => void;

  /**
   * Reads no further here, for another process that does: what was read is still handed out, behind which a delivery is done.
   * The queue itself stays as it is. For queues with {@link callQueueOptions}; left out by those of one process.
   */
  stopReading?(): MaybePromise<void>;

  /** This process has to do with the queue no longer, which stays as it is; left out by those of one process. */
  leave?(): void;

  /** Refuses further puts; what is queued can still be taken. Closing again has no effect. */
  close(): MaybePromise<void>;
}
