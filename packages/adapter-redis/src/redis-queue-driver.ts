import { SageError } from "@sage-kernel/core";
import type { Queue, QueueDescriptor, QueueDriver } from "@sage-kernel/core/spi";
import { CallQueue } from "./call-queue.ts";
import type { OpenedQueue } from "./opened-queue.ts";
import { jobOf, ownerKey, queueKeys } from "./queue-keys.ts";
import type { RedisProcess } from "./redis-process.ts";
import { RedisQueue } from "./redis-queue.ts";
import { WorkQueue } from "./work-queue.ts";

/**
 * Opens queues in Redis, by the option `mode` of their descriptors: streams that one consumer reads (`log`, the default), pools that
 * several share (`work`), and lists of messages (`call`).
 */
export class RedisQueueDriver implements QueueDriver {
  readonly kind = "redis";
  readonly capabilities = { crossProcess: true, durable: true, atomicCommit: false };
  /** A unit of work costs a round to the server, whatever its size. */
  readonly suits = { capacity: 4096, maxBatch: 1024 };
  readonly #process: RedisProcess;

  constructor(process: RedisProcess) {
    this.#process = process;
  }

  async open(descriptor: QueueDescriptor): Promise<Queue> {
    const queue = this.#queue(descriptor);
    await queue.open();
    this.#process.opened(queue);
    return queue;
  }

  #queue(descriptor: QueueDescriptor): OpenedQueue {
    const { redis, prefix, reader, lists, codec, calls, waits } = this.#process;
    const keys = queueKeys(prefix, descriptor.id);
    const producer = this.#process.nextName();
    const job = jobOf(descriptor.id);
    const owner = { key: ownerKey(prefix, job), store: () => this.#process.stores.get(job) ?? "" };
    const onLeft = (queue: OpenedQueue): void => this.#process.left(queue);
    const scope = { descriptor, keys, redis, reader, producer, owner, onLeft };
    const { mode = "log" } = descriptor.options;
    switch (mode) {
      case "log":
        return new RedisQueue({ ...scope, codec, life: () => this.#process.life });
      case "call": {
        const lifeMs = descriptor.id === job ? this.#process.lifeMs : undefined;
        return new CallQueue({ ...scope, lists, codec: calls, lifeMs });
      }
      case "work":
        return new WorkQueue({ ...scope, codec, clock: waits });
      default: {
        const problem = `is ${JSON.stringify(mode)}: a queue of Redis is "log", "call" or "work"`;
        throw new SageError("INVALID_DESCRIPTOR", { path: "options.mode", problem });
      }
    }
  }
}
