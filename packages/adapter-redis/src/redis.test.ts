import type { Runtime } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisServer } from "../test-support/redis-server.ts";
import { redis } from "./redis.ts";

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server.stop());

const runtimeOf = (queueCapacity: number): Promise<Runtime> =>
  createRuntime({
    adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path: server.path } })],
    queueKind: "redis",
    queueCapacity,
  });

const words = Array.from({ length: 2000 }, (_, i) => `word-${(i * i) % 97}`);

/** How often each word is there. */
function counted(list: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of list) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

describe.each([[1], [7], [1024]])(
  "a pipeline over Redis with room for %d records in each queue",
  (capacity) => {
    test("gives what it gives on one machine, with a ledger that balances, and leaves nothing behind", async () => {
      const runtime = await runtimeOf(capacity);
      const env = runtime.environment("counts");
      const list = capacity === 1 ? words.slice(0, 300) : words;
      const counts = env
        .fromBatch(list)
        .map((word) => ({ word }), { parallelism: 2 })
        .keyBy(({ word }) => word)
        .reduce((count) => count + 1, { initial: () => 0, emit: "end", parallelism: 3 })
        .map((count, { key }) => [key, count] as const)
        .collect();
      const job = await env.submit();
      const { ledger } = await job.done;

      expect(Object.fromEntries(job.collected(counts))).toEqual(counted(list));
      expect({ balanced: ledger.balanced, read: ledger.read }).toEqual({ balanced: true, read: list.length });
      await runtime.close();
      expect(await server.command("DBSIZE")).toBe(":0\r\n");
      expect((await server.command("CLIENT", "LIST")).match(/name=sage/g)).toBeNull();
    });
  },
);

test("services are called over Redis, and their errors come back", async () => {
  const runtime = await runtimeOf(64);
  const env = runtime.environment("calls");
  class Squares {
    process(n: number): number {
      if (n === 13) throw new TypeError("no luck");
      return n * n;
    }
  }
  env.registerService("squares", Squares);
  const job = await env.submit();

  expect(await Promise.all([1, 2, 3].map((n) => runtime.callService("squares", n)))).toEqual([1, 4, 9]);
  await expect(runtime.callService("squares", 13)).rejects.toMatchObject({
    name: "TypeError",
    message: "no luck",
  });
  await job.stop();
  await runtime.close();
  expect(await server.command("DBSIZE")).toBe(":0\r\n");
});

test("of two processes that run one job the later one goes on with it, and the earlier one fails and leaves it alone", async () => {
  let go = (): void => undefined;
  const both = new Promise<void>((resolve) => {
    go = resolve;
  });
  const start = async () => {
    const runtime = await runtimeOf(16);
    const env = runtime.environment("twice");
    const list = Array.from({ length: 3000 }, (_, n) => n);
    const sums = env
      .fromBatch(list)
      .map((n) => (n < 1500 ? n : both.then(() => n)), { parallelism: 2 })
      .keyBy((n) => n % 5)
      .reduce((sum, n) => sum + n, { initial: () => 0, emit: "end" })
      .map((sum, { key }) => [key, sum] as const)
      .collect();
    return { runtime, sums, job: await env.submit({ id: "twice", maxBatch: 16 }) };
  };
  const first = await start();
  const failure = first.job.done.catch((error: unknown) => error);
  const second = await start();
  go();
  expect(await failure).toMatchObject({ code: "FENCED" });
  await first.runtime.close();
  const { ledger } = await second.job.done;

  const expected = [0, 1, 2, 3, 4].map((digit) => [digit, (600 * (2 * digit + 5 * 599)) / 2]);
  expect(second.job.collected(second.sums).toSorted()).toEqual(expected);
  expect({ balanced: ledger.balanced, read: ledger.read }).toEqual({ balanced: true, read: 3000 });
  await second.runtime.close();
  expect(await server.command("DBSIZE")).toBe(":0\r\n");
});

test("what no option is is refused, and no credentials are told", async () => {
  const url = "redis://user:swordfish@127.0.0.1:1";
  for (const wrong of [{ url: 5 }, { prefix: 1 }, { answerTimeoutMs: 0 }, { more: 1 }])
    expect(() => redis({ url, ...wrong } as never)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  const runtime = await createRuntime({
    adapters: [realMachine(), redis({ url, answerTimeoutMs: 100, outageTimeoutMs: 300 })],
    queueKind: "redis",
  });
  const env = runtime.environment("nowhere");
  env.fromBatch([1]).run();

  const error = (await env.submit().catch((thrown: unknown) => thrown)) as Error;
  expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
  expect(`${error.message} ${JSON.stringify(error)}`).not.toContain("swordfish");
  await runtime.close().catch(() => undefined);
});

test("a job goes on with the pipeline that it began with, or not at all", async () => {
  const [first, second] = [await runtimeOf(64), await runtimeOf(32)];
  const declare = (runtime: Runtime, parallelism: number, records: AsyncIterable<number>) => {
    const env = runtime.environment("shape");
    const out = env
      .fromBatch(() => records)
      .map((n) => n, { name: "same", parallelism })
      .collect();
    return { env, out };
  };
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  async function* records() {
    yield 1;
    await ended;
    yield 2;
  }
  const { env, out } = declare(first, 2, records());
  const job = await env.submit({ id: "shape" });

  await expect(declare(second, 3, records()).env.submit({ id: "shape" })).rejects.toMatchObject({
    code: "JOB_CHANGED",
    details: {
      problems: expect.arrayContaining([
        expect.objectContaining({ node: "same", reason: "CHANGED_STEP" }),
        expect.objectContaining({ node: "shape/same#0", reason: "SMALLER_QUEUE" }),
      ]),
    },
  });
  end();
  await job.done;
  expect([...job.collected(out)].sort()).toEqual([1, 2]);
  await Promise.all([first.close(), second.close()]);
  expect(await server.command("DBSIZE")).toBe(":0\r\n");
});

test("how a job has ended is kept for a day, for other processes too, and forgotten when it is purged", async () => {
  const adapters = [realMachine(), redis({ ioredis: { path: server.path } })];
  const [first, second] = [
    await createRuntime({ adapters, queueKind: "redis" }),
    await createRuntime({ adapters, queueKind: "redis" }),
  ];
  const env = first.environment("kept");
  env.fromBatch([1, 2]).run();
  const job = await env.submit({ id: "kept" });
  const report = await job.done;
  await first.close();

  expect(await second.jobs.reportOf("kept")).toEqual(JSON.parse(JSON.stringify(report)));
  expect(await second.jobs.reportOf("other")).toBeUndefined();
  expect(Number((await server.command("TTL", "sage:{kept}:report")).slice(1))).toBeGreaterThan(86_000);
  await second.jobs.purgeReport("kept");
  await second.close();
  expect(await server.command("DBSIZE")).toBe(":0\r\n");
});

test("a process that has lost its job says nothing of how it ends", async () => {
  const adapters = [realMachine(), redis({ ioredis: { path: server.path } })];
  const [first, second] = [
    await createRuntime({ adapters, queueKind: "redis" }),
    await createRuntime({ adapters, queueKind: "redis" }),
  ];
  let next = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    next = resolve;
  });
  const submit = (runtime: Runtime, until: Promise<void>) => {
    const poll = async (position = 0) => {
      if (position === 1) await until;
      return { records: [position], position: position + 1, done: position === 1 };
    };
    const env = runtime.environment("taken");
    env.fromReplayable({ create: () => ({ poll }) }).run();
    return env.submit({ id: "taken", maxBatch: 1 });
  };
  const job = await submit(first, held);
  await expect.poll(() => job.report().ledger.read).toBe(1);
  await (await submit(second, Promise.resolve())).done;
  next();

  await expect(job.done).rejects.toMatchObject({ code: "FENCED" });
  await first.close();
  await second.close();
  const third = await createRuntime({ adapters, queueKind: "redis" });
  expect(await third.jobs.reportOf("taken")).toMatchObject({ state: "completed", ledger: { read: 2 } });
  await third.jobs.purgeReport("taken");
  await third.close();
  expect(await server.command("DBSIZE")).toBe(":0\r\n");
});

test("a job whose deployment fails when it is to go on keeps all that it has, for the next attempt", async () => {
  const adapters = [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path: server.path } })];
  const runtimes = await Promise.all([0, 1, 2].map(() => createRuntime({ adapters, queueKind: "redis" })));
  const submit = (runtime: Runtime, until: Promise<void>, broken: boolean) => {
    const poll = async (position = 0) => {
      if (position === 5) await until;
      return { records: [position], position: position + 1, done: position === 9 };
    };
    const env = runtime.environment("again");
    const out = env
      .fromReplayable({ create: () => ({ poll }) })
      .map({
        create: () => ({
          open: () => {
            if (broken) throw new Error("its database is down");
          },
          execute: (n: number) => n,
        }),
      })
      .collect();
    return env.submit({ id: "again", maxBatch: 1 }).then((job) => ({ job, out }));
  };
  const [first, second, third] = runtimes as [Runtime, Runtime, Runtime];
  const never = new Promise<void>(() => undefined);
  const { job } = await submit(first, never, false);
  await expect.poll(() => job.report().ledger.processed).toBeGreaterThan(14);
  await expect(submit(second, never, true)).rejects.toMatchObject({ code: "OPERATOR_FAILED" });
  const next = await submit(third, Promise.resolve(), false);
  const { ledger } = await next.job.done;

  expect(next.job.collected(next.out)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([ledger.read, ledger.balanced]).toEqual([10, true]);
  await Promise.all(runtimes.map((runtime) => runtime.close()));
  expect(await server.command("DBSIZE")).toBe(":0\r\n");
});
