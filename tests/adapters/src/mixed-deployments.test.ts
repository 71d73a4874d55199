import { local } from "@sage-kernel/adapter-local";
import { redis } from "@sage-kernel/adapter-redis";
import { WsHub, ws } from "@sage-kernel/adapter-ws";
import type { Runtime } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { redisPath } from "../test-support/redis-path.ts";

const records = 3000;
const queueKinds = { mixed: { enrich: "redis", total: "ws", tail: "redis", profile: "ws" } };
let hub: WsHub;
const opened: Runtime[] = [];

beforeAll(async () => {
  hub = await WsHub.listen();
});
afterEach(async () => {
  for (const runtime of opened.splice(0)) await runtime.close();
  expect([...hub.faults]).toEqual([]);
  expect(hub.kept).toEqual({ queues: [], jobs: [] });
});
afterAll(() => hub.close());

/** A runtime with all queues that there are, whose own are in memory. */
async function mixed(options: object = {}): Promise<Runtime> {
  const redisAdapter = redis({ reportsKeptMs: 0, ioredis: { path: redisPath() } });
  const adapters = [local({ log: { level: "silent" } }), redisAdapter, ws({ url: hub.url })];
  const runtime = await createRuntime({ adapters, queueKind: "local", queueKinds, ...options });
  opened.push(runtime);
  return runtime;
}

/** Numbers through queues of each kind, summed by their last digit. */
function declared(runtime: Runtime) {
  const env = runtime.environment("mixed");
  const profile = env.registerService("profile", () => ({ process: (n: number) => n % 10 }), {
    idempotent: ["process"],
  });
  const results = env
    .fromBatch(Array.from({ length: records }, (_, i) => i))
    .map((n) => n + 1, { name: "first", parallelism: 2 })
    .map(async (n, ctx) => ({ n, digit: await ctx.callService(profile, n) }), {
      name: "enrich",
      parallelism: 2,
      concurrency: 16,
    })
    .keyBy(({ digit }) => digit)
    .reduce((sum, { n }) => ({ count: sum.count + 1, total: sum.total + n }), {
      name: "total",
      parallelism: 2,
      emit: "end",
      initial: () => ({ count: 0, total: 0 }),
    })
    .map((sum, { key }) => [key, sum.count, sum.total] as const, { name: "tail" })
    .collect({ name: "results" });
  return { env, results };
}

const expected = Array.from({ length: 10 }, (_, digit) => {
  const own = Array.from({ length: records }, (_, i) => i + 1).filter((n) => n % 10 === digit);
  return [digit, own.length, own.reduce((sum, n) => sum + n, 0)];
});

describe("a pipeline whose queues are partly in memory, partly at Redis, partly at a hub", () => {
  test.each(["memory", "redis", "ws"])(
    "counts each record once, with its state at %s",
    async (stateStore) => {
      const { env, results } = declared(await mixed({ stateStore }));
      const job = await env.submit({ maxBatch: 32 });
      const report = await job.done;

      const kinds = new Set(job.graph().tasks.flatMap(({ inbox }) => inbox?.kind ?? []));
      expect([...kinds].sort()).toEqual(["local", "redis", "ws"]);
      expect(report).toMatchObject({ state: "completed", ledger: { balanced: true, read: records } });
      expect([...job.collected(results)].sort()).toEqual(expected);
    },
  );

  test("is refused what another process could not go on with, where it has an id, with what to do", async () => {
    const { env } = declared(await mixed({ stateStore: "redis" }));
    const error = await env.submit({ id: "to-go-on" }).catch((reason) => reason);

    expect(error).toMatchObject({ code: "GRAPH_INVALID" });
    expect(
      error.details.problems.map(({ node, reason }: Record<string, string>) => `${node} ${reason}`),
    ).toEqual([
      "first FOREIGN_QUEUE",
      "keyBy-4 FOREIGN_QUEUE",
      "total FOREIGN_QUEUE",
      "results FOREIGN_QUEUE",
    ]);
    expect(error.message).toContain("submit the job without an id");
  });

  test("that names a step which there is not is refused", async () => {
    const runtime = await mixed({ queueKinds: { mixed: { enrihc: "redis" } } });

    await expect(declared(runtime).env.submit()).rejects.toThrow(/enrihc: .*UNKNOWN_QUEUE/);
  });

  test("fails, and says why, when a hub is gone with what was put there", async () => {
    const own = await WsHub.listen();
    const adapters = [local({ log: { level: "silent" } }), ws({ url: own.url, outageTimeoutMs: 200 })];
    const kinds = { gated: { tail: "ws" } };
    const runtime = await createRuntime({ adapters, queueKind: "local", queueKinds: kinds });
    opened.push(runtime);
    const env = runtime.environment("gated");
    let passed = 0;
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    env
      .fromBatch(Array.from({ length: 100 }, (_, i) => i))
      .map((n) => n, { name: "first" })
      .map(async (n) => (passed++ < 10 ? n : gate.then(() => n)), { name: "tail" })
      .collect({ name: "out" });
    const job = await env.submit({ maxBatch: 1 });
    while (passed <= 10) await new Promise((resolve) => setImmediate(resolve));
    await own.close();

    await expect(job.done).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
    open();
  });
});
