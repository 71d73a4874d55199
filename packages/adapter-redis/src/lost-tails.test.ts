import { createRuntime } from "@sage-kernel/core/di";
import { SeededRandom } from "@sage-kernel/core/spi";
import { realMachine } from "@sage-kernel/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { redis } from "./redis.ts";

const seeds = process.env.SAGE_DEEP === "1" ? 50 : 4;
const kills = 5;
const mostBytes = 20_000;

let lab: RedisLab;

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterAll(() => lab.stop());

const numbers = 3000;

/** Numbers from 0 on, readable again from any place. */
class Numbers {
  poll(from = 0, max: number) {
    const records = Array.from({ length: Math.min(max, numbers - from) }, (_, i) => from + i);
    return { records, position: from + records.length, done: from + records.length === numbers };
  }
}

/** Counts by key while the server is killed and loses the end of its log; each odd multiple of 100 is a dead letter. */
async function counted(seed: number) {
  const random = new SeededRandom(seed);
  const runtime = await createRuntime({
    adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path: lab.server.path } })],
    queueKind: "redis",
    queueCapacity: [1, 7, 50, 1024][random.integer(4)] as number,
  });
  const env = runtime.environment("tails");
  const points = Array.from({ length: kills }, () => random.integer(numbers)).sort((a, b) => a - b);
  let seen = 0;
  let cut = 0;
  let killing: Promise<void> = Promise.resolve();
  const kill = async (): Promise<void> => {
    cut += await lab.server.restartWithout(random.integer(mostBytes));
  };
  const mapped = env.fromReplayable(Numbers).map(
    (n) => {
      while (++seen >= (points[0] ?? Number.POSITIVE_INFINITY)) {
        points.shift();
        killing = killing.then(kill);
      }
      if (n % 200 === 100) throw new Error("odd");
      return n;
    },
    { parallelism: 3, onError: "deadLetter" },
  );
  const counts = mapped
    .keyBy((n) => n % 7)
    .reduce((all, n) => ({ count: all.count + 1, sum: all.sum + n }), {
      initial: () => ({ count: 0, sum: 0 }),
      emit: "end",
      parallelism: 2,
    })
    .map((all, { key }) => [key, all] as const)
    .collect();
  const each = mapped.collect();
  const job = await env.submit({ id: `tails-${seed}`, maxBatch: 1 + random.integer(32) });
  const { ledger } = await job.done;
  await killing;
  const result = {
    counts: Object.fromEntries(job.collected(counts)),
    each: [...job.collected(each)].sort((a, b) => a - b),
    letters: job.deadLetters
      .list()
      .map(({ record }) => record as number)
      .sort((a, b) => a - b),
    balanced: ledger.balanced,
    read: ledger.read,
  };
  await runtime.close();
  return { ...result, cut: cut > 0 };
}

function expected() {
  const all = Array.from({ length: numbers }, (_, n) => n);
  const each = all.filter((n) => n % 200 !== 100);
  const counts = Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 6].map((digit) => {
      const mine = each.filter((n) => n % 7 === digit);
      return [digit, { count: mine.length, sum: mine.reduce((sum, n) => sum + n, 0) }];
    }),
  );
  return {
    ...{ counts, each, letters: all.filter((n) => n % 200 === 100) },
    ...{ balanced: true, read: numbers, cut: true },
  };
}

describe("a pipeline over a server that is killed five times and loses the end of its log each time", () => {
  test.each(Array.from({ length: seeds }, (_, seed) => seed))(
    "counts each record once (seed %i)",
    async (seed) => {
      expect(await counted(seed)).toEqual(expected());
    },
    60_000,
  );
});
