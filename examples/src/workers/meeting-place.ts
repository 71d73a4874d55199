import { randomBytes, randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { JobChannel } from "@sage-kernel/core";
import type { Adapter } from "@sage-kernel/core/di";

/** Where a manager in this process and its workers meet. */
export interface MeetingPlace extends AsyncDisposable {
  /** Queues and states, for this process. */
  readonly adapter: Adapter;
  readonly queueKind: string;
  readonly channel: JobChannel;
  /** What tells workers where it is. */
  readonly env: NodeJS.ProcessEnv;
}

/** A Redis server, or without one a hub in this process that workers connect to by WebSocket. */
export function meetingPlace(redisUrl: string | undefined): Promise<MeetingPlace> {
  return redisUrl === undefined ? atHub() : inRedis(redisUrl);
}

async function inRedis(url: string): Promise<MeetingPlace> {
  const { redis, redisJobChannel } = await import("@sage-kernel/adapter-redis");
  const name = randomUUID();
  const channel = redisJobChannel({ url, channel: name, leaseMs: 3000 });
  return {
    adapter: redis({ url }),
    queueKind: "redis",
    channel,
    env: { EXAMPLE_REDIS: url.includes("://") ? url : resolve(url), EXAMPLE_CHANNEL: name },
    [Symbol.asyncDispose]: () => channel.close(),
  };
}

async function atHub(): Promise<MeetingPlace> {
  const { WsHub } = await import("@sage-kernel/adapter-ws");
  const token = randomBytes(24).toString("base64url");
  const hub = await WsHub.listen({
    tokens: { [token]: { id: "example-worker", roles: ["worker"] } },
    maxConnectionsPerAddress: 1000,
    maxConnectionsPerPrincipal: 1000,
    maxSessionsPerPrincipal: 1000,
    leaseMs: 3000,
  });
  const channel = hub.channel();
  return {
    adapter: hub.adapter,
    queueKind: "ws",
    channel,
    env: { EXAMPLE_HUB: hub.url, EXAMPLE_TOKEN: token },
    async [Symbol.asyncDispose]() {
      await channel.close();
      await hub.close();
    },
  };
}
