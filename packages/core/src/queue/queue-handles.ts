import { SageError } from "../errors/sage-error.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { DriverRegistry } from "./driver-registry.ts";
import type { Queue } from "./queue.port.ts";
import type { QueueDescriptor } from "./queue-descriptor.ts";

interface Handle {
  readonly descriptor: QueueDescriptor;
  queue: MaybePromise<Queue>;
}

/** The live queues of one job: opened on first use, once per kind and id, closed together. */
export class QueueHandles {
  readonly #drivers: DriverRegistry;
  readonly #handles = new Map<string, Handle>();

  constructor(drivers: DriverRegistry) {
    this.#drivers = drivers;
  }

  /** Number of queues opened and not cleared. */
  get size(): number {
    return this.#handles.size;
  }

  /**
   * The live queue that a descriptor names. Concurrent calls share one opening; a failed opening is forgotten.
   *
   * @throws SageError `UNKNOWN_DESCRIPTOR_KIND`, `DESCRIPTOR_CONFLICT`, or what the driver throws.
   */
  open(descriptor: QueueDescriptor): MaybePromise<Queue> {
    const key = `${descriptor.kind}\n${descriptor.id}`;
    const known = this.#handles.get(key);
    if (known !== undefined) {
      const field = known.descriptor.differsIn(descriptor);
      if (field !== undefined) throw new SageError("DESCRIPTOR_CONFLICT", { queue: descriptor.id, field });
      return known.queue;
    }
    const handle: Handle = { descriptor, queue: this.#drivers.get(descriptor.kind).open(descriptor) };
    this.#handles.set(key, handle);
    if (!isPromiseLike(handle.queue)) return handle.queue;
    handle.queue = Promise.resolve(handle.queue).then(
      (queue) => {
        handle.queue = queue;
        return queue;
      },
      (error) => {
        if (this.#handles.get(key) === handle) this.#handles.delete(key);
        throw error;
      },
    );
    return handle.queue;
  }

  /** Closes one queue and forgets it; the next `open` opens it anew. */
  async clear(descriptor: QueueDescriptor): Promise<void> {
    const key = `${descriptor.kind}\n${descriptor.id}`;
    const handle = this.#handles.get(key);
    if (handle === undefined) return;
    this.#handles.delete(key);
    await (await handle.queue).close();
  }

  /** Forgets one queue, which stays as it is; the next `open` opens it anew. */
  async forget(descriptor: QueueDescriptor): Promise<void> {
    const key = `${descriptor.kind}\n${descriptor.id}`;
    const handle = this.#handles.get(key);
    this.#handles.delete(key);
    (await handle?.queue)?.leave?.();
  }

  /** Forgets all queues, which stay as they are. */
  async leave(): Promise<void> {
    await Promise.all(
      [...this.#handles.values()].map(({ descriptor }) => this.forget(descriptor).catch(() => undefined)),
    );
  }

  /** Closes all queues and forgets them. Closing again has no effect. */
  async close(): Promise<void> {
    const handles = [...this.#handles.values()];
    this.#handles.clear();
    await Promise.all(
      handles.map((handle) => Promise.resolve(handle.queue).then(closeQueue, () => undefined)),
    );
  }
}

async function closeQueue(queue: Queue): Promise<void> {
  await queue.close();
}
