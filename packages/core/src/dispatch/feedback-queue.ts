import { SageError } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { Queue } from "../queue/queue.port.ts";
import { sizeNow } from "../queue/size-now.ts";

/**
 * The sending side of a way back: a put never waits, since the one who should make room may be waiting for the sender.
 * What does not fit fails the job instead.
 */
export function neverWaiting(queue: Queue, loop: string, node: string): Queue {
  return {
    descriptor: queue.descriptor,
    offer: (batch) => queue.offer(batch),
    put(batch: Batch): MaybePromise<void> {
      if (queue.offer(batch)) return undefined;
      const size = sizeNow(queue);
      const limit = queue.descriptor.capacity;
      // An offer is also refused where a queue is closed, or can only be written asynchronously.
      if (size === undefined || size + batch.payloads.length <= limit) return queue.put(batch);
      throw new SageError("LOOP_OVERFLOW", { loop, node, limit });
    },
    take: (max, signal) => queue.take(max, signal),
    advance: (position) => queue.advance(position),
    positionAfter: (delivery, elements) => queue.positionAfter(delivery, elements),
    rewind: () => queue.rewind(),
    size: () => queue.size(),
    close: () => queue.close(),
  };
}
