/** One worker process: `node worker.js <socket> <name>`; it ends with its parent. */
import { local } from "@sage-kernel/adapter-local";
import { redis, redisJobChannel } from "@sage-kernel/adapter-redis";
import { WorkerHost } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { keyedJob } from "./keyed-job.ts";

const [path, name] = process.argv.slice(2) as [string, string];
const runtime = await createRuntime({
  adapters: [local({ log: { level: "error" } }), redis({ ioredis: { path } })],
  queueKind: "redis",
});
await WorkerHost.open({ channel: redisJobChannel({ ioredis: { path } }), runtime, jobs: [keyedJob], name });
process.stdin.resume().on("end", () => process.exit(0));
