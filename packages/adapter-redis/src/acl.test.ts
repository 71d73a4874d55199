import { readFileSync } from "node:fs";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RedisServer } from "../test-support/redis-server.ts";
import { redis } from "./redis.ts";
import { redisJobChannel } from "./redis-job-channel.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server.stop());

test("the rights that the documentation lists are enough for a job with state, dead letters and a service", async () => {
  const page = readFileSync(new URL("../../../docs/redis.md", import.meta.url), "utf8");
  const recipe = (/^ACL SETUSER[^`]*/m.exec(page)?.[0] ?? "").split(/\s+/).filter((word) => word !== "");
  const unknown = (await server.command("COMMAND", "INFO", "WAITAOF")).includes("waitaof") ? "" : "+waitaof";
  expect(await server.command(...recipe.filter((word) => word !== unknown))).toBe("+OK\r\n");

  const runtime = await createRuntime({
    adapters: [
      realMachine(),
      redis({ reportsKeptMs: 0, ioredis: { path: server.path, username: "sage", password: "secret" } }),
    ],
    queueKind: "redis",
    queueCapacity: 2,
  });
  const env = runtime.environment("rights");
  const twice = env.registerService("twice", () => ({ process: (n: number) => 2 * n }));
  const sums = env
    .fromBatch([1, 2, 3, 4, 5])
    .map(
      async (n, ctx) => {
        if (n === 3) throw new Error("odd");
        return ctx.callService(twice, n);
      },
      { onError: "deadLetter" },
    )
    .keyBy((n) => n % 4)
    .reduce((sum, n) => sum + n, { initial: () => 0, emit: "end" })
    .collect();
  const job = await env.submit();
  await job.done;

  expect([[...job.collected(sums)].sort(), job.deadLetters.list().length]).toEqual([[12, 12], 1]);
  await runtime.close();
  expect(await server.command("KEYS", "*")).toBe("*0\r\n");
});

test("they are enough for a job channel, too", async () => {
  const channel = redisJobChannel({ ioredis: { path: server.path, username: "sage", password: "secret" } });
  const manager = await channel.join("manager");
  await manager.send({ name: "worker" }, "early");
  const worker = await channel.join("worker");
  const messages = await worker.take(1);
  await worker.settle(messages);
  await manager.notes?.set("job", 1);
  await manager.notes?.delete("job");
  await channel.close();

  expect(messages.map(({ body }) => body)).toEqual(["early"]);
});
