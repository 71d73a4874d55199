import { join } from "node:path";
import type { Clock } from "@sage-kernel/core/spi";
import { systemClock } from "@sage-kernel/testkit";
import { IoredisWire } from "../src/ioredis-wire.ts";
import { RedisClient } from "../src/redis-client.ts";
import { RedisProcess } from "../src/redis-process.ts";
import { RedisQueueDriver } from "../src/redis-queue-driver.ts";
import { BreakingProxy } from "./breaking-proxy.ts";
import { RedisServer } from "./redis-server.ts";

const limits = { answerMs: 5000, outageMs: 60_000 };

/** A server, a way to it that can be cut, and drivers as if in processes of their own. */
export class RedisLab {
  readonly server: RedisServer;
  readonly proxy: BreakingProxy;
  readonly #clients: RedisClient[] = [];
  #processes = 0;

  private constructor(server: RedisServer, proxy: BreakingProxy) {
    this.server = server;
    this.proxy = proxy;
  }

  /** Starts a server, with options of its own. */
  static async start(...more: readonly string[]): Promise<RedisLab> {
    const server = await RedisServer.start(...more);
    return new RedisLab(server, await BreakingProxy.listen(join(server.folder, "p"), server.path));
  }

  /** A client of its own. */
  client(): RedisClient {
    const open = (name: string): IoredisWire => new IoredisWire({ ioredis: { path: this.proxy.path } }, name);
    const client = new RedisClient(open, systemClock, limits, "Redis");
    this.#clients.push(client);
    return client;
  }

  /** A driver with a client of its own, or with this one. */
  driver(redis: RedisClient = this.client()): RedisQueueDriver {
    return new RedisQueueDriver(this.process(redis));
  }

  /** What is shared in a process of its own, with this client; deadlines go by `clock`. */
  process(redis: RedisClient = this.client(), clock: Pick<Clock, "monotonic"> = systemClock): RedisProcess {
    return new RedisProcess(redis, "sage:", `process-${this.#processes++}`, clock, systemClock);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.proxy.close();
    await this.server.stop();
  }
}
