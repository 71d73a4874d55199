import { MemoryQueue, type QueueDescriptor, type QueueDriver, type Scheduler } from "@sage-kernel/core/spi";

/** Descriptor kind of the queues in memory. */
export const localQueueKind = "local";

/** Opens bounded queues in the memory of this process. */
export class LocalQueueDriver implements QueueDriver {
  readonly kind = localQueueKind;
  readonly capabilities = { crossProcess: false, durable: false, atomicCommit: true };
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  open(descriptor: QueueDescriptor): MemoryQueue {
    return new MemoryQueue(descriptor, this.#scheduler);
  }
}
