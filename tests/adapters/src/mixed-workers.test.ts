import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { redis, redisJobChannel } from "@sage-kernel/adapter-redis";
import { WsHub, ws } from "@sage-kernel/adapter-ws";
import { JobClient, JobManagerHost } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine, systemClock } from "@sage-kernel/testkit";
import { expect, test } from "vitest";
import { queueKinds, squares } from "../test-support/mixed-job.mjs";
import { redisPath } from "../test-support/redis-path.ts";

const program = fileURLToPath(new URL("../test-support/mixed-worker.mjs", import.meta.url));
const leaseMs = 1000;

test("workers over Redis call a service behind a hub, also when one of them is killed", async () => {
  const path = redisPath();
  const hub = await WsHub.listen({ sessionTtlMs: 3000 });
  const adapters = [realMachine(), redis({ ioredis: { path } }), ws({ url: hub.url })];
  const runtime = await createRuntime({ adapters, queueKind: "redis", queueKinds });
  const channel = redisJobChannel({ ioredis: { path }, leaseMs });
  const manager = await JobManagerHost.open({ channel, runtime, jobs: [squares], leaseMs });
  const workers: ChildProcess[] = [];
  const start = (): void => {
    const args = [program, path, hub.url, `worker-${workers.length}`];
    workers.push(spawn(process.execPath, args, { stdio: ["pipe", "ignore", "inherit"] }));
  };
  const when = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    for (let looks = 0; !(await condition()); looks++) {
      if (looks > 1000) throw new Error("nothing more happens");
      await systemClock.sleep(20);
    }
  };
  for (let n = 0; n < 3; n++) start();
  await when(() => manager.workers.length === 3);
  const client = await JobClient.connect({ channel, host: runtime.host });
  const records = 6000;
  const { job } = await client.submit({ name: "squares", params: { records } });
  await when(async () => (await client.status(job)).ledger.read > 1000);
  workers[0]?.kill("SIGKILL");
  const summary = await client.wait(job, { timeoutMs: 60_000 });

  expect(summary).toMatchObject({ state: "completed", ledger: { balanced: true, read: records } });
  const results: { n: number; square: number; by: number; at: number }[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await client.collected(job, { step: "out", limit: 1000, after });
    results.push(...page.entries.map(({ record }) => record as (typeof results)[0]));
    after = page.next;
  }
  results.sort((a, b) => a.n - b.n);
  expect(results.map(({ n, square }) => [n, square])).toEqual(
    Array.from({ length: records }, (_, n) => [n, n * n]),
  );
  const crossed = results.filter(({ by, at }) => by !== at && by !== process.pid);
  expect(crossed.length).toBeGreaterThan(0);
  expect(hub.frames.received).toBeGreaterThan(0);
  await client.close();
  await manager.close();
  await runtime.close();
  await channel.close();
  for (const worker of workers) worker.kill("SIGKILL");
  await hub.close();
});

test("a worker whose queues are elsewhere than its manager's is given no work, and both are named", async () => {
  const path = redisPath();
  const hub = await WsHub.listen();
  const adapters = () => [realMachine(), redis({ ioredis: { path } }), ws({ url: hub.url })];
  const runtime = await createRuntime({ adapters: adapters(), queueKind: "redis" });
  const channel = redisJobChannel({ ioredis: { path }, leaseMs });
  const manager = await JobManagerHost.open({ channel, runtime, jobs: [squares], leaseMs });
  const worker = spawn(process.execPath, [program, path, hub.url, "other"], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const client = await JobClient.connect({ channel, host: runtime.host });
  for (let looks = 0; manager.workers.length < 1; looks++) {
    if (looks > 1000) throw new Error("the worker does not come");
    await systemClock.sleep(20);
  }

  await expect(client.submit({ name: "squares", params: { records: 1 } })).rejects.toThrow(
    /square: Its queues were of kind "redis", and are of kind "ws"/,
  );
  await client.close();
  await manager.close();
  await runtime.close();
  await channel.close();
  worker.kill("SIGKILL");
  await hub.close();
});
