import { SageError } from "@sage-kernel/core";
import type { QueueDescriptor, QueueDriver, Scheduler } from "@sage-kernel/core/spi";
import { wsQueues } from "../client/remote-queue-driver.ts";
import { HubQueue } from "./hub-queue.ts";

/** The queues of a hub; as a driver, for the process that it is in. */
export class HubQueues implements QueueDriver {
  readonly kind = wsQueues.kind;
  readonly capabilities = wsQueues.capabilities;
  readonly suits = wsQueues.suits;
  readonly #queues = new Map<string, HubQueue>();
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** How many there are. */
  get size(): number {
    return this.#queues.size;
  }

  /**
   * The queue of this name; a new one where there is none, or it is closed and empty.
   *
   * @throws SageError `DESCRIPTOR_CONFLICT`.
   */
  open(descriptor: QueueDescriptor): HubQueue {
    const { id } = descriptor;
    const known = this.#queues.get(id);
    if (known !== undefined) {
      const field = known.descriptor.differsIn(descriptor);
      if (field !== undefined) throw new SageError("DESCRIPTOR_CONFLICT", { queue: id, field });
      return known;
    }
    const onIdle = (): void => {
      if (this.#queues.get(id) === queue) this.#queues.delete(id);
    };
    const queue = new HubQueue(descriptor, this.#scheduler, onIdle);
    this.#queues.set(id, queue);
    return queue;
  }
}
