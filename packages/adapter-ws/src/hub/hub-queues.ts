import { SageError } from "@sage-kernel/core";
import type { QueueDescriptor, QueueDriver, Scheduler } from "@sage-kernel/core/spi";
import { jobOf } from "../wire/job-of.ts";
import { wsQueues } from "../wire/ws-queues.ts";
import { HubQueue } from "./hub-queue.ts";
import type { RecordCheck } from "./largest-record.ts";

/** What the queues of a hub work with. */
export interface HubQueuesScope {
  readonly scheduler: Scheduler;
  /** Whether this process may close a queue. */
  readonly mayClose: (descriptor: QueueDescriptor) => boolean;
  /** Checks messages of services that are put in this process for a reader in another. */
  readonly checkCalls: RecordCheck;
  readonly maxQueues: number;
  /** Whether a job goes on: its tasks may send to its queues whoever has them. */
  readonly goesOn: (job: string) => boolean;
}

/** The queues of a hub; as a driver, for the process that it is in. */
export class HubQueues implements QueueDriver {
  readonly kind = wsQueues.kind;
  readonly capabilities = wsQueues.capabilities;
  readonly suits = wsQueues.suits;
  readonly #queues = new Map<string, HubQueue>();
  readonly #scope: HubQueuesScope;

  constructor(scope: HubQueuesScope) {
    this.#scope = scope;
  }

  /** The ids of all of them. */
  get ids(): readonly string[] {
    return [...this.#queues.keys()];
  }

  open(descriptor: QueueDescriptor): HubQueue {
    const queue = this.openLink(descriptor);
    queue.keep();
    return queue;
  }

  /**
   * The queue of this name, for somebody elsewhere; a new one where there is none, or it is closed and empty.
   *
   * @throws SageError `DESCRIPTOR_CONFLICT`; `QUEUE_UNAVAILABLE` where there are too many.
   */
  openLink(descriptor: QueueDescriptor): HubQueue {
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
    const { scheduler, checkCalls, maxQueues, goesOn } = this.#scope;
    if (this.#queues.size >= maxQueues)
      throw new SageError("QUEUE_UNAVAILABLE", {
        queue: id,
        problem: `its hub has ${maxQueues}, its maxQueues`,
      });
    const onUnused = (): void => {
      if (!goesOn(jobOf(id))) onIdle();
    };
    const mayClose = (): boolean => this.#scope.mayClose(descriptor);
    const queue = new HubQueue({ descriptor, scheduler, onIdle, onUnused, mayClose, checkCalls });
    this.#queues.set(id, queue);
    return queue;
  }

  /** The queue of this name, if there is one. */
  find(id: string): HubQueue | undefined {
    return this.#queues.get(id);
  }

  /** Forgets the queues of a job. */
  forget(job: string): void {
    for (const [id, queue] of this.#queues) {
      if (jobOf(id) !== job) continue;
      this.#queues.delete(id);
      queue.end();
    }
  }
}
