import { createRuntime } from "@sage-kernel/core/di";
import { Batch, callQueueOptions, type Queue, QueueDescriptor } from "@sage-kernel/core/spi";
import { realMachine } from "@sage-kernel/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { redis } from "./redis.ts";

let lab: RedisLab;

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterEach(async () => {
  lab.proxy.heal();
  await lab.server.command("FLUSHALL");
});

afterAll(() => lab.stop());

const open = (id: string, capacity = 10, client = lab.client()): Promise<Queue> =>
  lab.driver(client).open(new QueueDescriptor({ kind: "redis", id, capacity, options: callQueueOptions }));

const taken = async (queue: Queue, max = 10): Promise<readonly unknown[]> => {
  const { batches, position } = await queue.take(max);
  await queue.advance(position);
  return batches.flatMap(({ payloads }) => payloads);
};

describe("a queue of messages", () => {
  test("leads from one process to another, and leaves nothing in the list that was read", async () => {
    const [sender, reader] = [await open("a/calls"), await open("a/calls")];
    const first = taken(reader);
    await sender.put(new Batch(0, 0, [1, 2]));

    expect(await first).toEqual([1, 2]);
    expect(await lab.server.command("EXISTS", "sage:{a}:q:calls")).toBe(":0\r\n");
    expect(await reader.size()).toBe(0);
  });

  test("has room again for what was lost with a reader, and tells those who wait for it", async () => {
    const dying = lab.client();
    const [sender, dead] = [await open("b/calls", 2), await open("b/calls", 2, dying)];
    await sender.put(new Batch(0, 0, [1, 2]));
    await dead.take(2);
    await dying.close();
    const waiting = Promise.resolve(sender.put(new Batch(0, 2, [3])));
    const next = await open("b/calls", 2);

    expect(await taken(next)).toEqual([3]);
    await waiting;
    expect(await next.size()).toBe(0);
  });

  test("hands out nothing twice when the server has lost that it was read", async () => {
    const [sender, reader] = [await open("c/calls"), await open("c/calls")];
    await sender.put(new Batch(0, 0, ["once"]));
    const element = (await lab.server.command("LRANGE", "sage:{c}:q:calls", "0", "0")).split(
      "\r\n",
    )[2] as string;
    expect(await taken(reader)).toEqual(["once"]);
    await lab.server.command("RPUSH", "sage:{c}:q:calls", element);
    await sender.put(new Batch(0, 1, ["then"]));

    expect(await taken(reader)).toEqual(["then"]);
  });

  test("says of what cannot be read that it is nothing, and goes on", async () => {
    const [sender, reader] = [await open("u/calls"), await open("u/calls")];
    const first = taken(reader);
    await sender.put(new Batch(0, 0, ["a"]));
    expect(await first).toEqual(["a"]);
    await lab.server.command("HSET", "sage:{u}:q:calls:m", "in", "2");
    await lab.server.command("RPUSH", "sage:{u}:q:calls", "1:2:x/1/1:\u0009nonsense", "not counted");
    await sender.put(new Batch(0, 1, ["b"]));

    const all: unknown[] = [];
    while (all.length < 3) all.push(...(await taken(reader)));
    expect(all).toEqual([null, null, "b"]);
    expect(await reader.size()).toBe(0);
  });

  test("goes by itself with its process, where it belongs to no job, and in no other case", async () => {
    const [mine, jobs] = [await open("replies-1"), await open("e/calls")];
    await Promise.all([mine.put(new Batch(0, 0, [1])), jobs.put(new Batch(0, 0, [1]))]);
    const ttl = (key: string): Promise<string> => lab.server.command("TTL", key);
    const ttls = [
      "sage:{replies-1}:q:",
      "sage:{replies-1}:q::m",
      "sage:{e}:q:calls",
      "sage:{e}:q:calls:m",
    ].map(ttl);

    expect(await Promise.all(ttls)).toEqual([":3600\r\n", ":3600\r\n", ":-1\r\n", ":-1\r\n"]);
  });

  test("appends what there is room for, where that is asked for, and says how much", async () => {
    const queue = await open("d/calls", 3);

    expect(await queue.putNow?.(new Batch(0, 0, [1, 2]))).toBe(2);
    expect(await queue.putNow?.(new Batch(0, 2, [3, 4, 5]))).toBe(1);
    expect(await queue.putNow?.(new Batch(0, 3, [4]))).toBe(0);
    expect(await taken(queue)).toEqual([1, 2, 3]);
  });
});

describe("calls through a server that was away", () => {
  const start = async (process: (n: number) => unknown, idempotent: readonly string[]) => {
    const runtime = await createRuntime({
      adapters: [realMachine(), redis({ reportsKeptMs: 0, ioredis: { path: lab.proxy.path } })],
      queueKind: "redis",
    });
    const env = runtime.environment("away");
    const service = env.registerService("s", () => ({ process }), { timeoutMs: 1000, idempotent });
    return { runtime, service, job: await env.submit() };
  };

  test("are sent again where they may run twice", async () => {
    let runs = 0;
    const never = new Promise<number>(() => undefined);
    const { runtime, service, job } = await start((n) => (runs++ === 0 ? never : 2 * n), ["process"]);
    const call = runtime.callService(service, 4);
    await expect.poll(() => runs).toBe(1);
    await lab.server.restart();

    expect(await call).toBe(8);
    await job.stop({ drain: false });
    await runtime.close();
  });

  test("are not where they may not, and say so at their deadline where nothing comes", async () => {
    let runs = 0;
    const never = new Promise<number>(() => undefined);
    const { runtime, service, job } = await start(() => {
      runs++;
      return never;
    }, []);
    const call = runtime.callService(service, 4).catch((error: unknown) => error);
    await expect.poll(() => runs).toBe(1);
    await lab.server.restart();

    expect(await call).toMatchObject({ code: "SERVICE_UNAVAILABLE", details: { maybeExecuted: true } });
    expect(runs).toBe(1);
    await job.stop({ drain: false });
    await runtime.close();
  });
});
