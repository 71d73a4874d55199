import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { redis } from "./redis.ts";

let lab: RedisLab;

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterAll(() => lab.stop());

test("a service goes on behind a server that has lost the end of its log; calls that were lost say so in time", async () => {
  const runtime = await createRuntime({
    adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path: lab.server.path } })],
    queueKind: "redis",
  });
  const env = runtime.environment("lost-services");
  const twice = env.registerService("twice", () => ({ process: (n: number) => 2 * n }), { timeoutMs: 1000 });
  const job = await env.submit();
  for (let n = 0; n < 20; n++) expect(await runtime.callService(twice, n)).toBe(2 * n);
  await lab.server.restartWithout(5000);
  // One call may find that what is behind it was lost, and is then given up at its deadline.
  const first = await runtime.callService(twice, 100).catch((error: unknown) => error);
  expect(first === 200 || (first as { code?: string }).code === "SERVICE_TIMEOUT").toBe(true);
  for (let n = 0; n < 20; n++) expect(await runtime.callService(twice, n)).toBe(2 * n);
  await job.stop();
  await runtime.close();

  expect(await lab.server.command("KEYS", "*")).toBe("*0\r\n");
});
