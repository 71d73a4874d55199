import { randomBytes } from "node:crypto";
import { type Adapter, type Container, parseOptions, tokens } from "@sage-kernel/core/di";
import type { Clock, QueueDriver } from "@sage-kernel/core/spi";
import * as z from "zod";
import { IoredisWire, type ServerOptions } from "./ioredis-wire.ts";
import { RedisClient } from "./redis-client.ts";
import { RedisQueueDriver } from "./redis-queue-driver.ts";

const schema = z.strictObject({
  /** `redis://` or `rediss://`; with credentials, which stand in no log and no error. */
  url: z.string().optional(),
  /** Options of ioredis, for TLS, Sentinel, a Unix socket and the like. What this adapter depends on it sets itself. */
  ioredis: z.record(z.string(), z.unknown()).optional(),
  /** Begins all keys. */
  prefix: z.string().default("sage:"),
  /** How long a command may go without an answer before its connection is dropped and everything sent again, in ms. */
  answerTimeoutMs: z.number().positive("expected more than 0, in ms").default(5000),
  /** How long a server may be away before what waits for it fails with `STORE_UNAVAILABLE`, in ms. */
  outageTimeoutMs: z.number().positive("expected more than 0, in ms").default(60_000),
});

/** Options of the Redis adapter, with their defaults. */
export type RedisAdapterOptions = z.input<typeof schema>;

/**
 * Queues in Redis 7 or later, for `createRuntime({ adapters: [local(), redis({ url })], queueKind: "redis" })`.
 *
 * @throws SageError `INVALID_OPTION`.
 */
export function redis(options: RedisAdapterOptions = {}): Adapter {
  const checked = parseOptions(schema, options);
  return { name: "redis", register: (container) => registerRedis(container, checked) };
}

function registerRedis(container: Container, options: z.output<typeof schema>): void {
  const { url, ioredis, prefix, answerTimeoutMs, outageTimeoutMs } = options;
  let opened: { readonly client: RedisClient; readonly driver: RedisQueueDriver } | undefined;
  const open = (scope: Container) => {
    if (opened !== undefined) return opened;
    const server = { url, ioredis } as ServerOptions;
    const limits = { answerMs: answerTimeoutMs, outageMs: outageTimeoutMs };
    const clock = scope.resolve<Clock>(tokens.clock);
    const client = new RedisClient((name) => new IoredisWire(server, name), clock, limits, "Redis");
    const driver = new RedisQueueDriver({
      redis: client,
      prefix,
      process: randomBytes(9).toString("base64url"),
    });
    opened = { client, driver };
    return opened;
  };
  container.register<QueueDriver>(tokens.queueDriver, { useFactory: (scope) => open(scope).driver });
  container.register(tokens.resource, {
    useValue: {
      close: async () => {
        await opened?.driver.close();
        await opened?.client.close();
      },
    },
  });
}
