import { defineDeployment, local } from "@sage-kernel/adapter-local";
import { redis, redisJobChannel } from "@sage-kernel/adapter-redis";
import { ws, wsJobChannel } from "@sage-kernel/adapter-ws";
import { accessLogJob } from "../access-log/job.ts";
import { censusJob } from "../census/job.ts";

const { EXAMPLE_REDIS: url, EXAMPLE_CHANNEL: channel, EXAMPLE_HUB: hub, EXAMPLE_TOKEN: token } = process.env;
const atHub = hub === undefined ? undefined : { url: hub, token };
const machine = local({ log: { level: "error" } });

/** What the workers of the examples are started with: they meet at a hub, or in Redis. */
export default defineDeployment({
  runtime:
    atHub === undefined
      ? { adapters: [machine, redis({ url })], queueKind: "redis" }
      : { adapters: [machine, ws(atHub)], queueKind: "ws" },
  channel: () =>
    atHub === undefined ? redisJobChannel({ url, channel, leaseMs: 3000 }) : wsJobChannel(atHub),
  jobs: [accessLogJob, censusJob],
  worker: { beatMs: 500 },
});
