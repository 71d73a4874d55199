import type { JsonObject } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine, WorkerCluster, workerJobs } from "@sage-kernel/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RedisServer } from "../test-support/redis-server.ts";
import { redis } from "./redis.ts";
import { redisJobChannel } from "./redis-job-channel.ts";

let server: RedisServer;
let cluster: WorkerCluster;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterEach(async () => {
  await cluster.close();
  await server.command("FLUSHALL");
});

afterAll(() => server.stop());

const leaseMs = 500;

function start(): { readonly cluster: WorkerCluster; readonly seen: unknown[] } {
  const { jobs, seen } = workerJobs();
  const ioredis = { path: server.path };
  cluster = new WorkerCluster({
    process: async () => ({
      runtime: await createRuntime({
        adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis })],
        queueKind: "redis",
      }),
      channel: redisJobChannel({ ioredis, leaseMs }),
      kill: () => undefined,
      revive: () => undefined,
    }),
    jobs,
    leaseMs,
  });
  return { cluster, seen };
}

/** What is kept of a job in the server. */
async function kept(job: string): Promise<number> {
  return ((await server.command("KEYS", `sage:{${job}}*`)).match(/sage:/g) ?? []).length;
}

/** Changes what the manager that has just ended has left of a job. */
async function noteOf(job: string, change: JsonObject): Promise<void> {
  const channel = redisJobChannel({ ioredis: { path: server.path }, leaseMs });
  const seat = await channel.join("manager");
  const note = (await seat.notes?.all())?.get(job) as JsonObject;
  await seat.notes?.set(job, { ...note, ...change });
  await channel.close();
}

describe("a job whose manager has died while it was being ended", () => {
  test.each([
    ["with what had become of it", { ending: { state: "completed" } }, "completed"],
    ["as it was told to", { wish: "cancel" }, "cancelled"],
  ])("is ended by the next one, %s, and not run anew", async (_, change, state) => {
    const { seen } = start();
    await cluster.manager();
    const worker = await cluster.worker("a");
    const client = await cluster.client();
    const { job } = await client.submit({ name: "squares", params: null });
    await expect.poll(() => seen.length).toBeGreaterThan(20);
    await cluster.closeOne("manager");
    await noteOf(job, change);
    expect(await kept(job)).toBeGreaterThan(5);
    await cluster.manager();
    await expect.poll(async () => (await client.status(job)).state).toBe(state);

    await expect.poll(() => worker.load).toBe(0);
    expect(await server.command("KEYS", `sage:{${job}}*`)).toBe("*0\r\n");
    expect(await client.stop(job)).toMatchObject({ state });
    expect(await client.forget(job)).toBe(true);
  });
});

test("how a job has ended is told by the next manager, for a day", async () => {
  start();
  await cluster.manager();
  await cluster.worker("a");
  const client = await cluster.client();
  const params = { records: 20, parallelism: 1 };
  const [old, young] = [
    await client.submit({ name: "counting", params }),
    await client.submit({ name: "counting", params }),
  ];
  const { job } = old;
  const ended = await client.wait(job);
  await client.wait(young.job);
  await cluster.closeOne("manager");
  const yesterday = ended.startedAt - 86_400_001;
  await noteOf(job, { ended: { ...ended, startedAt: yesterday } as unknown as JsonObject });
  await cluster.manager();

  expect(await client.status(young.job)).toMatchObject({ state: "completed", job: young.job });
  await expect(client.status(job)).rejects.toMatchObject({ code: "JOB_NOT_FOUND" });
});
