import { randomBytes } from "node:crypto";
import { type Adapter, type Container, parseOptions, tokens } from "@sage-kernel/core/di";
import type { Clock, QueueDriver, StateStoreFactory } from "@sage-kernel/core/spi";
import * as z from "zod";
import { IoredisWire, type ServerOptions } from "./ioredis-wire.ts";
import { RedisClient } from "./redis-client.ts";
import { RedisProcess } from "./redis-process.ts";
import { RedisQueueDriver } from "./redis-queue-driver.ts";
import { RedisStateStores } from "./redis-state-store.ts";

const schema = z.strictObject({
  /** `redis://` or `rediss://`; with credentials, which stand in no log and no error. */
  url: z.string().optional(),
  /** Options of ioredis, for TLS, Sentinel, a Unix socket and the like. What this adapter depends on it sets itself. */
  ioredis: z.record(z.string(), z.unknown()).optional(),
  /** Begins all keys. */
  prefix: z.string().default("sage:"),
  /** How long a command may go without an answer before its connection is dropped and everything sent again, in ms. */
  answerTimeoutMs: z.number().positive("expected more than 0, in ms").default(5000),
  /**
   * How safe what is written must be before anything of it leaves the system: before a source is told that its records are
   * done, before a transactional sink makes its own visible, and before a job is completed. Left out, an answer of the server
   * is enough.
   */
  durability: z
    .strictObject({
      /** Replicas that must have it. */
      replicas: z.int().nonnegative("expected 0 or more replicas").default(0),
      /** Whether the server's disk must have it: needs `appendfsync always`, or Redis 7.2 or later. */
      fsync: z.boolean().default(false),
    })
    .default({ replicas: 0, fsync: false }),
  /** How long the report of a job is kept that has ended, in ms; 0 keeps none. Default: a day. */
  reportsKeptMs: z.int().nonnegative("expected 0 or more, in ms").default(86_400_000),
  /** How long a server may be away before what waits for it fails with `STORE_UNAVAILABLE`, in ms. */
  outageTimeoutMs: z.number().positive("expected more than 0, in ms").default(60_000),
});

/** Options of the Redis adapter, with their defaults. */
export type RedisAdapterOptions = z.input<typeof schema>;

/**
 * Queues and states in Redis 7 or later, for `createRuntime({ adapters: [local(), redis({ url })], queueKind: "redis" })`.
 *
 * @throws SageError `INVALID_OPTION`.
 */
export function redis(options: RedisAdapterOptions = {}): Adapter {
  return redisInTime(undefined, options);
}

/** The same, whose waits for the server go by a clock of their own: the pipeline's may stand still. */
export function redisInTime(waits: Clock | undefined, options: RedisAdapterOptions = {}): Adapter {
  const checked = parseOptions(schema, options);
  return { name: "redis", register: (container) => registerRedis(container, checked, waits) };
}

/** What a runtime has open. */
interface Opened {
  readonly client: RedisClient;
  readonly shared: RedisProcess;
  readonly driver: RedisQueueDriver;
}

function registerRedis(container: Container, options: z.output<typeof schema>, waits?: Clock): void {
  const { url, ioredis, prefix, durability, answerTimeoutMs, outageTimeoutMs } = options;
  let opened: Opened | undefined;
  const open = (scope: Container): Opened => {
    if (opened !== undefined) return opened;
    const server = { url, ioredis } as ServerOptions;
    const limits = { answerMs: answerTimeoutMs, outageMs: outageTimeoutMs };
    const clock = scope.resolve<Clock>(tokens.clock);
    const waiting = waits ?? clock;
    const name = randomBytes(9).toString("base64url");
    const wire = (connection: string): IoredisWire => new IoredisWire(server, connection);
    const level = { ...durability, key: `${prefix}mark:${name}` };
    const client = new RedisClient(wire, waiting, limits, "Redis", level);
    const shared = new RedisProcess(client, prefix, name, clock, waiting);
    opened = { client, shared, driver: new RedisQueueDriver(shared) };
    return opened;
  };
  container.register<QueueDriver>(tokens.queueDriver, { useFactory: (scope) => open(scope).driver });
  container.register<StateStoreFactory>(tokens.stateStores, {
    useFactory: (scope) => new RedisStateStores(open(scope).shared, options.reportsKeptMs),
  });
  container.register(tokens.resource, {
    useValue: {
      close: async () => {
        await opened?.shared.close();
        await opened?.client.close();
      },
    },
  });
}
