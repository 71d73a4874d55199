import { Redis, type RedisOptions } from "ioredis";
import type { ScriptArgument } from "./redis-port.ts";
import type { Answer, Wire } from "./wire.ts";

/** How a server is reached; what is not given is taken from the URL. */
export interface ServerOptions {
  /** `redis://` or `rediss://`, with credentials if there are any. */
  readonly url?: string | undefined;
  /** Options of ioredis, for TLS, Sentinel, a Unix socket and the like. */
  readonly ioredis?: RedisOptions | undefined;
}

const longestRetryMs = 2000;

/** A connection by ioredis. All that is clever about lost connections is not here: it loses and finds them, no more. */
export class IoredisWire implements Wire {
  onReady: (() => void) | undefined;
  onLost: (() => void) | undefined;
  readonly #redis: Redis;

  constructor({ url, ioredis = {} }: ServerOptions, name: string) {
    const { replyMapping: _, ...given } = ioredis; // answers are taken as they come in version 2 of the protocol
    const options = {
      connectTimeout: 5000,
      keepAlive: 10_000,
      ...given,
      lazyConnect: true,
      protocol: 2 as const,
      connectionName: name,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: null,
      retryStrategy: (times: number) => Math.min(longestRetryMs, 10 * 2 ** Math.min(times, 10)),
    };
    this.#redis = url === undefined ? new Redis(options) : new Redis(url, options);
    this.#redis.on("ready", () => this.onReady?.());
    this.#redis.on("close", () => this.onLost?.());
    this.#redis.on("error", () => undefined); // "close" follows, or "ready"
    this.#redis.connect().catch(() => undefined); // it goes on trying
  }

  get ready(): boolean {
    return this.#redis.status === "ready";
  }

  async send(command: string, args: readonly ScriptArgument[]): Promise<Answer> {
    try {
      const reply = await this.#redis.callBuffer(command, args as (string | number | Buffer)[]);
      return { kind: "reply", reply };
    } catch (error) {
      const { name, message } = error as Error;
      return name === "ReplyError" ? { kind: "refused", message } : { kind: "lost" };
    }
  }

  reset(): void {
    this.#redis.disconnect(true);
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }
}
