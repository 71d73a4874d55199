/**
 * One process of a cluster: `node cluster-process.mjs manager|worker <socket> <name> <lease in ms>`. It says `there` when it is,
 * and ends when its input does; on SIGTERM a worker hands over what it has.
 */

import { JobManagerHost, WorkerHost } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { redis, redisJobChannel } from "../dist/index.js";
import { jobs } from "./sample-jobs.mjs";

const [role, path, name, lease] = process.argv.slice(2);
const leaseMs = Number(lease);
const runtime = await createRuntime({
  adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path } })],
  queueKind: "redis",
});
const channel = redisJobChannel({ ioredis: { path }, leaseMs });
const over = new Promise((resolve) => process.stdin.on("end", resolve).resume());
const told = new Promise((resolve) => process.on("SIGTERM", resolve));

if (role === "manager") {
  const manager = await JobManagerHost.open({ channel, runtime, jobs, leaseMs });
  console.log("there");
  await Promise.race([over, told, manager.ended]);
  await manager.close();
} else {
  const worker = await WorkerHost.open({ channel, runtime, jobs, name, beatMs: leaseMs / 5 });
  console.log("there");
  await Promise.race([over, told]);
  await worker.leave({ timeoutMs: 10_000 });
}
await runtime.close();
await channel.close();
process.exit(0);
