import { join } from "node:path";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine, systemClock, workersContract } from "@sage-kernel/testkit";
import { describeContract } from "@sage-kernel/testkit/vitest";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { BreakingProxy } from "../test-support/breaking-proxy.ts";
import { RedisServer } from "../test-support/redis-server.ts";
import { redis } from "./redis.ts";
import { redisJobChannel } from "./redis-job-channel.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterEach(async () => {
  const left = await server.command("KEYS", "*");
  await server.command("FLUSHALL");
  // Words and pokes go by themselves, and a report stays for a day where it is not forgotten.
  const kept = (left.match(/sage:\S+/g) ?? []).filter((key) => !/:w$|:in$|:poke$|^sage:poke/.test(key));
  expect(kept.filter((key) => !key.endsWith(":notes"))).toEqual([]);
});

afterAll(() => server.stop());

let paths = 0;

describeContract(workersContract, {
  open: () => ({
    async process() {
      const path = join(server.folder, `m${paths++}`);
      const proxy = await BreakingProxy.listen(path, server.path);
      const adapters = [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path } })];
      return {
        runtime: await createRuntime({ adapters, queueKind: "redis" }),
        channel: redisJobChannel({ ioredis: { path }, leaseMs: 1000 }),
        kill: () => proxy.cut(),
        revive: () => proxy.heal(),
        close: () => proxy.close(),
      };
    },
    leaseMs: 1000,
    sleep: (ms) => systemClock.sleep(ms),
    run: (main) => main(),
  }),
});
