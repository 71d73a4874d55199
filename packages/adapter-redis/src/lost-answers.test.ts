import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { redis } from "./redis.ts";

/** Of the answers of a run so many are tried: each one in the deep run. */
const share = process.env.SAGE_DEEP === "1" ? 1 : 8;
const numbers = 24;

let lab: RedisLab;

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterAll(() => lab.stop());

/** A short job with state, keys, a service, a dead letter and queues of two, while the n-th answer is lost. */
async function runWithout(answer: number | undefined) {
  lab.proxy.dropAnswer(answer);
  const runtime = await createRuntime({
    adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path: lab.proxy.path } })],
    queueKind: "redis",
    queueCapacity: 2,
  });
  const env = runtime.environment("answers");
  const sums = env
    .fromBatch(Array.from({ length: numbers }, (_, n) => n))
    .map(
      (n) => {
        if (n === 13) throw new Error("odd");
        return n;
      },
      { onError: "deadLetter" },
    )
    .keyBy((n) => n % 3)
    .reduce((sum, n) => sum + n, { initial: () => 0, emit: "end", parallelism: 2 })
    .map((sum, { key }) => [key, sum] as const)
    .collect();
  const job = await env.submit({ maxBatch: 4 });
  const { ledger } = await job.done;
  const letters = job.deadLetters.list().map(({ record }) => record);
  const result = { sums: Object.fromEntries(job.collected(sums)), letters, balanced: ledger.balanced };
  await runtime.close();
  const answers = lab.proxy.answers;
  lab.proxy.dropAnswer(undefined);
  return { ...result, keys: await lab.server.command("KEYS", "*"), answers };
}

describe("a job over Redis", () => {
  test("comes to the same result whichever answer of the server is lost", async () => {
    const { answers, ...right } = await runWithout(undefined);
    expect(right).toEqual({
      sums: { 0: 84, 1: 79, 2: 100 },
      letters: [13],
      balanced: true,
      keys: "*0\r\n",
    });
    expect(answers).toBeGreaterThan(60);

    for (let answer = 0; answer < answers; answer += share) {
      const { answers: _, ...result } = await runWithout(answer);
      expect([answer, result]).toEqual([answer, right]);
    }
  }, 600_000);
});
