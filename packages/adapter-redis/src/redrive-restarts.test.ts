import { createRuntime } from "@sage-kernel/core/di";
import { SeededRandom } from "@sage-kernel/core/spi";
import { realMachine } from "@sage-kernel/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { redis } from "./redis.ts";

const seeds = process.env.SAGE_DEEP === "1" ? 30 : 3;
const numbers = 60;

let lab: RedisLab;

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterAll(() => lab.stop());

/** Numbers that are there at once, and an end that comes when it may. */
class Numbers {
  static mayEnd = false;
  poll(from = 0, max: number) {
    const records = Array.from({ length: Math.min(max, numbers - from) }, (_, i) => from + i);
    const position = from + records.length;
    return { records, position, done: Numbers.mayEnd && position === numbers };
  }
}

/** Redrives dead letters while the server is killed and loses the end of its log. */
async function redriven(seed: number) {
  const random = new SeededRandom(seed);
  Numbers.mayEnd = false;
  const runtime = await createRuntime({
    adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path: lab.server.path } })],
    queueKind: "redis",
    queueCapacity: [1, 5, 1024][random.integer(3)] as number,
  });
  const env = runtime.environment("redriven");
  let broken = true;
  const out = env
    .fromReplayable(Numbers)
    .map(
      (n) => {
        if (broken && n % 3 === 0) throw new Error("not yet");
        return n;
      },
      { parallelism: 2, onError: "deadLetter" },
    )
    .collect();
  const job = await env.submit({ maxBatch: 4 });
  await expect.poll(() => job.deadLetters.list().length).toBe(numbers / 3);
  broken = false;
  const points = Array.from({ length: 4 }, () => random.integer(numbers / 3)).sort((x, y) => x - y);
  let killing: Promise<unknown> = Promise.resolve();
  for (let asked = 0; job.deadLetters.list().length > 0 || points.length > 0; ) {
    const some = job.deadLetters.list().slice(0, 1 + random.integer(4));
    for (; asked >= (points[0] ?? Number.POSITIVE_INFINITY); points.shift())
      killing = killing.then(() => lab.server.restartWithout(random.integer(1500)));
    asked += Math.max(1, some.length);
    // A letter may be gone with what the server has lost; then it is there again.
    await Promise.allSettled(some.map(({ id }) => job.deadLetters.redrive(id)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await killing;
  while (job.deadLetters.list().length > 0) {
    await Promise.allSettled(job.deadLetters.list().map(({ id }) => job.deadLetters.redrive(id)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  Numbers.mayEnd = true;
  const { state, ledger, error } = await job.done;
  const left = job.deadLetters.list().map(({ record }) => record as number); // lost redrives that came to light last
  const records = [...job.collected(out), ...left].sort((a, b) => a - b);
  await runtime.close();
  return { state, error, balanced: ledger.balanced, records };
}

describe.each(Array.from({ length: seeds }, (_, seed) => seed))("with seed %i", (seed) => {
  test("letters that are redriven while the server forgets its last commands arrive once each", async () => {
    const records = Array.from({ length: numbers }, (_, n) => n);

    expect(await redriven(seed)).toEqual({ state: "completed", error: undefined, balanced: true, records });
    expect(await lab.server.command("KEYS", "*redriven*")).toBe("*0\r\n");
  });
});
