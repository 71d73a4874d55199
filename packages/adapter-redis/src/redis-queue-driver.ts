import type { Queue, QueueDescriptor, QueueDriver } from "@sage-kernel/core/spi";
import { BatchCodec } from "./batch-codec.ts";
import { queueKeys } from "./queue-keys.ts";
import type { RedisPort } from "./redis-port.ts";
import { RedisQueue } from "./redis-queue.ts";
import { openScript, removeScript } from "./scripts.ts";
import { StreamReader } from "./stream-reader.ts";

/** What a driver works with. */
export interface RedisQueueDriverScope {
  readonly redis: RedisPort;
  /** Begins all keys. */
  readonly prefix: string;
  /** Names this process: unlike that of any other. */
  readonly process: string;
}

/** Opens queues in Redis. */
export class RedisQueueDriver implements QueueDriver {
  readonly kind = "redis";
  readonly capabilities = { crossProcess: true, durable: true, atomicCommit: false };
  readonly #scope: RedisQueueDriverScope;
  readonly #reader: StreamReader;
  readonly #codec = new BatchCodec();
  readonly #pokeKey: string;
  readonly #queues = new Set<RedisQueue>();
  #opened = 0;

  constructor(scope: RedisQueueDriverScope) {
    this.#scope = scope;
    this.#pokeKey = `${scope.prefix}poke:${scope.process}`;
    this.#reader = new StreamReader(scope.redis, this.#pokeKey);
  }

  async open(descriptor: QueueDescriptor): Promise<Queue> {
    const { redis, prefix, process } = this.#scope;
    const keys = queueKeys(prefix, descriptor.id);
    await redis.run(openScript, [keys.entries, keys.meta, keys.room], []);
    const queue = new RedisQueue({
      descriptor,
      keys,
      redis,
      reader: this.#reader,
      codec: this.#codec,
      producer: `${process}.${this.#opened++}`,
    });
    this.#queues.add(queue);
    return queue;
  }

  /** Reads no more, and removes the queues that were closed here. */
  async close(): Promise<void> {
    this.#reader.close();
    const { redis } = this.#scope;
    const closed = [...this.#queues].filter((queue) => queue.closed);
    await Promise.all(
      closed.map(({ keys }) => redis.run(removeScript, [keys.entries, keys.meta, keys.room], [])),
    );
    await redis.run(removeScript, [this.#pokeKey], []);
  }
}
