import { defineDeployment, local } from "@sage-kernel/adapter-local";
import { redis, redisJobChannel } from "@sage-kernel/adapter-redis";
import { accessLogJob } from "../access-log/job.ts";
import { censusJob } from "../census/job.ts";

const { EXAMPLE_REDIS: url, EXAMPLE_CHANNEL: channel } = process.env;

/** What the workers of the examples are started with. */
export default defineDeployment({
  runtime: { adapters: [local({ log: { level: "error" } }), redis({ url })], queueKind: "redis" },
  channel: () => redisJobChannel({ url, channel, leaseMs: 3000 }),
  jobs: [accessLogJob, censusJob],
  worker: { beatMs: 500 },
});
