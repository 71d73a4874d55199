import type { Queue, QueueDescriptor, QueueDriver } from "@sage-kernel/core/spi";
import { jobOf, ownerKey, queueKeys } from "./queue-keys.ts";
import type { RedisProcess } from "./redis-process.ts";
import { RedisQueue } from "./redis-queue.ts";

/** Opens queues in Redis. */
export class RedisQueueDriver implements QueueDriver {
  readonly kind = "redis";
  readonly capabilities = { crossProcess: true, durable: true, atomicCommit: false };
  readonly #process: RedisProcess;

  constructor(process: RedisProcess) {
    this.#process = process;
  }

  async open(descriptor: QueueDescriptor): Promise<Queue> {
    const { redis, prefix, reader, codec } = this.#process;
    const keys = queueKeys(prefix, descriptor.id);
    const producer = this.#process.nextName();
    const job = jobOf(descriptor.id);
    const owner = { key: ownerKey(prefix, job), store: () => this.#process.stores.get(job) ?? "" };
    const life = (): number => this.#process.life;
    const queue = new RedisQueue({ descriptor, life, keys, redis, reader, codec, producer, owner });
    await queue.open();
    this.#process.opened(queue);
    return queue;
  }
}
