import { isPromiseLike, type MaybePromise, type Queue, type QueueDriver } from "@sage-kernel/core/spi";

/**
 * A driver that opens each queue once, whoever asks: several callers in one process have the same queues over it. A
 * queue that was closed stays closed.
 */
export function sharedQueueDriver(inner: QueueDriver): QueueDriver {
  const queues = new Map<string, MaybePromise<Queue>>();
  return {
    kind: inner.kind,
    capabilities: inner.capabilities,
    open(descriptor) {
      const known = queues.get(descriptor.id);
      if (known !== undefined) return known;
      const opened = inner.open(descriptor);
      queues.set(descriptor.id, opened);
      if (isPromiseLike(opened)) {
        Promise.resolve(opened).then(
          (queue) => queues.set(descriptor.id, queue),
          () => queues.delete(descriptor.id),
        );
      }
      return opened;
    },
  };
}
