/** A worker process: `node mixed-worker.mjs <Redis socket> <hub URL> <name>`. It ends with its parent. */
import { redis, redisJobChannel } from "@sage-kernel/adapter-redis";
import { ws } from "@sage-kernel/adapter-ws";
import { WorkerHost } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { queueKinds, squares } from "./mixed-job.mjs";

const [path, url, name] = process.argv.slice(2);
const adapters = [realMachine(), redis({ ioredis: { path } }), ws({ url })];
const runtime = await createRuntime({ adapters, queueKind: "redis", queueKinds });
const channel = redisJobChannel({ ioredis: { path }, leaseMs: 1000 });
await WorkerHost.open({ channel, runtime, jobs: [squares], name, beatMs: 100 });
process.stdin.resume().on("end", () => process.exit(1));
