import { defineJob, type JobClient } from "@sage-kernel/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { Cluster, type ClusterSettings } from "../test-support/cluster.ts";
import { RedisLab } from "../test-support/redis-lab.ts";
import { jobs, seen } from "../test-support/sample-jobs.mjs";

let lab: RedisLab;
let cluster: Cluster;

beforeAll(async () => {
  lab = await RedisLab.start();
});

beforeEach(() => {
  seen.length = 0;
});

afterEach(async () => {
  await cluster.close();
  const left = await lab.server.command("KEYS", "*");
  await lab.server.command("FLUSHALL");
  expect(left.match(/sage:\S+/g)?.filter((key) => !/:w$|:poke$|^sage:poke/.test(key)) ?? []).toEqual([]);
});

afterAll(() => lab.stop());

/** A manager, workers and a client. */
async function start(names: readonly string[], settings: Partial<ClusterSettings> = {}): Promise<JobClient> {
  cluster = new Cluster({ server: lab.server, jobs, ...settings });
  await cluster.manager();
  for (const name of names) await cluster.worker(name);
  return cluster.client();
}

/** Waits until so many records have arrived; they are there once, in their order, apart from what two instances do to it. */
async function ticks(least: number): Promise<void> {
  await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThan(least);
}

const sorted = (): number[] => ([...seen] as number[]).sort((a, b) => a - b);

const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Stops a job behind everything that was read, and looks whether all has arrived once. */
async function assertExact(client: JobClient, job: string): Promise<void> {
  const ended = await client.stop(job);

  expect(ended).toMatchObject({ state: "completed", ledger: { balanced: true } });
  expect(sorted()).toEqual(range(seen.length));
  await client.forget(job);
}

describe("a job in workers", () => {
  test("does what it would in one process", async () => {
    const client = await start(["a", "b", "c"]);
    const { job } = await client.submit({ name: "counting", params: { records: 1000, parallelism: 4 } });
    const ended = await client.wait(job);

    expect(ended).toMatchObject({ state: "completed", tasks: 7, ledger: { balanced: true, read: 1000 } });
    expect(seen.sort()).toEqual(range(10).map((n) => [n, 100]));
    await client.forget(job);
  });

  test("calls its services, wherever they are", async () => {
    const client = await start(["a", "b"]);
    const { job } = await client.submit({ name: "squares", params: { records: 300 } });
    const ended = await client.wait(job);

    expect(ended).toMatchObject({ state: "completed", ledger: { balanced: true } });
    expect(sorted()).toEqual(range(300).map((n) => n * n));
    await client.forget(job);
  });

  test("ends with its feedback loop", async () => {
    const client = await start(["a", "b", "c"]);
    const { job } = await client.submit({ name: "halving", params: { numbers: [1, 2, 96, 1024, 1000] } });
    const ended = await client.wait(job);

    expect(ended).toMatchObject({ state: "completed", ledger: { balanced: true } });
    expect(sorted()).toEqual([1, 1, 1, 3, 125]);
    await client.forget(job);
  });

  test("is paused and goes on without gap or repetition", async () => {
    const client = await start(["a", "b"]);
    const { job } = await client.submit({ name: "ticking", params: {} });
    await ticks(50);
    await client.pause(job);
    const still = seen.length;
    await cluster.worker("c"); // and the time that takes
    expect(seen.length).toBe(still);
    expect((await client.status(job)).state).toBe("paused");
    await client.resume(job);
    await ticks(still + 50);
    await assertExact(client, job);
  });

  test("moves on from a worker that leaves, and loses nothing", async () => {
    const client = await start([]);
    const leaving = await cluster.worker("a");
    const { job } = await client.submit({ name: "ticking", params: {} });
    await ticks(50);
    const others = [await cluster.worker("b"), await cluster.worker("c")];
    await leaving.leave();
    const moved = seen.length;
    await expect.poll(() => others.map(({ load }) => load).reduce((a, b) => a + b)).toBe(4);
    await ticks(moved + 50);
    await assertExact(client, job);
  });

  test("goes on elsewhere when a worker does not answer any more", async () => {
    const client = await start(["a", "b", "c"]);
    const { job } = await client.submit({ name: "ticking", params: {} });
    await ticks(50);
    await cluster.kill("a");
    await ticks(seen.length + 100);
    await cluster.kill("b");
    await ticks(seen.length + 100);
    await assertExact(client, job);
  });

  test("goes on under the next manager, with what it was told", async () => {
    const client = await start(["a", "b"]);
    const standby = cluster.manager("standby");
    const { job, submissionKey } = await client.submit({
      name: "ticking",
      params: {},
      submissionKey: "once",
    });
    await ticks(50);
    await cluster.kill("manager");
    await standby;
    await ticks(seen.length + 100);
    const again = await client.submit({ name: "ticking", params: {}, submissionKey });
    expect(again.job).toBe(job);
    await assertExact(client, job);
  });

  test("stays as it is where a manager is closed, for the next one", async () => {
    const client = await start(["a", "b"]);
    const { job } = await client.submit({ name: "ticking", params: {} });
    await ticks(50);
    await cluster.closeOne("manager");
    await ticks(seen.length + 50); // without a manager
    await cluster.manager();
    await ticks(seen.length + 50);
    await assertExact(client, job);
  });

  test("waits for a worker, and says so in the end", async () => {
    const client = await start([], { placementTimeoutMs: 500 });
    const submitted = client.submit({ name: "ticking", params: { label: "gpu" } });
    await cluster.worker("plain");

    await expect(submitted).rejects.toMatchObject({
      code: "NO_WORKER",
      message: expect.stringContaining('plain: it has no label "gpu"'),
    });
    await cluster.worker("special", { labels: ["gpu"] });
    const { job } = await client.submit({ name: "ticking", params: { label: "gpu" } });
    await ticks(10);
    await assertExact(client, job);
  });

  test("is not given to a worker with another version of it", async () => {
    const client = await start([], { placementTimeoutMs: 500 });
    const other = defineJob({ name: "ticking", params: z.unknown(), build: () => undefined });
    await cluster.worker("old", { jobs: [other] });
    const error = await client.submit({ name: "ticking", params: {} }).catch((thrown: unknown) => thrown);

    expect((error as Error).message).toMatch(
      /Worker "old" has another version of job "ticking" than its manager: [0-9a-f]{16}, not [0-9a-f]{16}/,
    );
  });

  test("fails with what its code throws, wherever that was", async () => {
    const broken = defineJob({
      name: "broken",
      params: z.unknown(),
      build: (env) => {
        env.fromBatch([1]).sink(() => {
          throw new TypeError("no");
        });
      },
    });
    const client = await start(["a"], { jobs: [broken] });
    const { job } = await client.submit({ name: "broken", params: null });
    const ended = await client.wait(job);

    expect(ended).toMatchObject({
      state: "failed",
      error: { code: "OPERATOR_FAILED", cause: { message: "no" } },
    });
    await client.forget(job);
  });
});
