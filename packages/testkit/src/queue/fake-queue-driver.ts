import type { Queue, QueueCapabilities, QueueDescriptor, QueueDriver } from "@sage-kernel/core/spi";
import { FakeQueue } from "./fake-queue.ts";

/** Descriptor kind of the fake queues. */
export const fakeQueueKind = "fake";

/** What a fake driver can be given. */
export interface FakeQueueDriverOptions {
  /** Makes the queues; by default a {@link FakeQueue}. */
  readonly create?: (descriptor: QueueDescriptor) => FakeQueue;
  /** Stands between the users and a queue, such as a `ScriptedQueue`. */
  readonly wrap?: (queue: FakeQueue) => Queue;
  /**
   * The queues of a pretended server, by id: drivers that are given the same one lead to the same queues, as if in
   * different processes; one that was closed is made anew. With it the driver says that it is `crossProcess`.
   */
  readonly server?: Map<string, FakeQueue>;
}

/** Opens fake queues and remembers them. */
export class FakeQueueDriver implements QueueDriver {
  readonly kind = fakeQueueKind;
  readonly capabilities: QueueCapabilities;
  /** Every queue that was opened, in order. */
  readonly opened: FakeQueue[] = [];
  readonly #options: FakeQueueDriverOptions;

  constructor(options: FakeQueueDriverOptions = {}) {
    this.#options = options;
    this.capabilities = { crossProcess: options.server !== undefined, durable: false, atomicCommit: true };
  }

  open(descriptor: QueueDescriptor): Queue {
    const { create = (named) => new FakeQueue(named), wrap = (inner) => inner, server } = this.#options;
    const known = server?.get(descriptor.id);
    const queue = known === undefined || known.closed ? create(descriptor) : known;
    server?.set(descriptor.id, queue);
    this.opened.push(queue);
    return wrap(queue);
  }
}
