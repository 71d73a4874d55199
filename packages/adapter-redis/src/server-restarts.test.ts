import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { redis } from "./redis.ts";

let lab: RedisLab;

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterAll(() => lab.stop());

/** What is done to the server, or to the way there, when so many records have come through. */
type Disturbance = readonly [at: number, disturb: () => Promise<void> | void];

async function counted(numbers: number, disturbances: readonly Disturbance[]) {
  const runtime = await createRuntime({
    adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path: lab.proxy.path } })],
    queueKind: "redis",
    queueCapacity: 50,
  });
  const env = runtime.environment("disturbed");
  const left = [...disturbances];
  let seen = 0;
  const under: (Promise<void> | void)[] = [];
  const counts = env
    .fromBatch(Array.from({ length: numbers }, (_, n) => n))
    .map((n) => n, { parallelism: 2 })
    .keyBy((n) => n % 7)
    .map((n) => {
      if (++seen >= (left[0]?.[0] ?? Number.POSITIVE_INFINITY)) under.push(left.shift()?.[1]());
      return n;
    })
    .keyBy((n) => n % 7)
    .reduce((sum, n) => sum + n, { initial: () => 0, emit: "end", parallelism: 2 })
    .map((sum, { key }) => [key, sum] as const)
    .collect();
  const job = await env.submit({ maxBatch: 16 });
  const { ledger } = await job.done;
  await Promise.all(under);
  const result = {
    sums: Object.fromEntries(job.collected(counts)),
    balanced: ledger.balanced,
    read: ledger.read,
  };
  await runtime.close();
  return { ...result, left: left.length };
}

function expected(numbers: number) {
  const sums: Record<number, number> = {};
  for (let n = 0; n < numbers; n++) sums[n % 7] = (sums[n % 7] ?? 0) + n;
  return { sums, balanced: true, read: numbers, left: 0 };
}

describe("a pipeline over Redis", () => {
  test("goes through a server that is killed and started again as if nothing had happened", async () => {
    const restart = (): Promise<void> => lab.server.restart();
    const disturbances = [200, 900, 1500].map((at) => [at, restart] as const);

    expect(await counted(3000, disturbances)).toEqual(expected(3000));
  });

  test("goes through connections that are cut again and again", async () => {
    const cut = (): void => {
      lab.proxy.cut();
      setImmediate(() => lab.proxy.heal());
    };
    const disturbances = Array.from({ length: 20 }, (_, i) => [100 + 120 * i, cut] as const);

    expect(await counted(3000, disturbances)).toEqual(expected(3000));
    expect(await lab.server.command("KEYS", "*disturbed*")).toBe("*0\r\n");
  });
});
