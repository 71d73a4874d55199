import { createRuntime } from "@sage-kernel/core/di";
import { realMachine, systemClock } from "@sage-kernel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RedisServer } from "../test-support/redis-server.ts";
import { redis } from "./redis.ts";

const seconds = process.env.SAGE_DEEP === "1" ? 60 : 4;
const capacity = 100;

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server.stop());

const numberIn = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]);

test(`a producer that is faster than its consumer for ${seconds} s waits: the queue holds no more than its capacity, and the server's memory stays flat`, async () => {
  const runtime = await createRuntime({
    adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path: server.path } })],
    queueKind: "redis",
    queueCapacity: capacity,
  });
  const env = runtime.environment("slow");
  const end = performance.now() + seconds * 1000;
  class Endless {
    poll(from = 0, max: number) {
      const records = Array.from({ length: max }, (_, i) => ({ n: from + i, text: "x".repeat(200) }));
      return { records, position: from + max, done: performance.now() > end };
    }
  }
  const samples: { readonly inside: number; readonly memory: number }[] = [];
  let next = 0;
  let inOrder = true;
  env.fromReplayable(Endless).sink(async ({ n }) => {
    inOrder &&= n === next++;
    await systemClock.sleep(1); // a tenth of the pace at which the source could go on
    if (n % 50 !== 0) return;
    const counts = await server.command("HMGET", "sage:{slow}:q:sink-2#0:m", "in", "out");
    const [appended = 0, done = 0] = [...counts.matchAll(/\n(\d+)\r/g)].map(([, text]) => Number(text));
    const memory = numberIn(await server.command("INFO", "memory"), /used_memory:(\d+)/);
    samples.push({ inside: appended - done, memory });
  });
  const job = await env.submit({ id: "slow" });
  const { ledger } = await job.done;
  await runtime.close();

  expect([inOrder, ledger.balanced, ledger.read]).toEqual([true, true, next]);
  expect(samples.length).toBeGreaterThan(20);
  expect(Math.max(...samples.map(({ inside }) => inside))).toBeLessThanOrEqual(capacity);
  const settled = samples.slice(5).map(({ memory }) => memory);
  expect(Math.max(...settled) - Math.min(...settled)).toBeLessThan(1_000_000);
  expect(await server.command("KEYS", "*")).toBe("*0\r\n");
}, 120_000);
