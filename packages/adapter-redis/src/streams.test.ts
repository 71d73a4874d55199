import type { Runtime } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import { realMachine } from "@sage-kernel/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { openStreamProducer, redis, redisStreamSink, redisStreamSource } from "./index.ts";

let lab: RedisLab;

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterEach(async () => {
  lab.proxy.heal();
  await lab.server.command("FLUSHALL");
});

afterAll(() => lab.stop());

const through = () => ({ ioredis: { path: lab.proxy.path } });

async function withRuntime<T>(run: (runtime: Runtime) => Promise<T>): Promise<T> {
  const runtime = await createRuntime({
    adapters: [realMachine(), redis({ ...through(), reportsKeptMs: 0 })],
    queueKind: "redis",
    queueCapacity: 64,
  });
  try {
    return await run(runtime);
  } finally {
    await runtime.close();
  }
}

/** Writes numbers to a stream, some at a time. */
async function written(stream: string, numbers: readonly number[]): Promise<void> {
  const producer = await openStreamProducer({ ...through(), stream, name: "test" });
  for (let from = 0; from < numbers.length; from += 50)
    await producer.append(numbers.slice(from, from + 50).map((n) => ({ n })));
  await producer.close();
}

/** The values of all entries of a stream. */
async function valuesIn(stream: string): Promise<number[]> {
  const client = lab.client();
  const entries = (await client.read([{ key: stream, after: "0-0" }], 1_000_000, 1)).get(stream) ?? [];
  await client.close();
  return entries.map(({ fields }) => Number(fields.get("value")));
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe("a pipeline between streams of other programs", () => {
  /** Doubles what is in `a` and `b` into `out`, once each, while something goes wrong. */
  const doubled = async (wrong: (n: number) => void) => {
    await written("a", range(0, 500));
    await written("b", range(500, 1000));
    const source = { ...through(), streams: ["a", "b"], until: "empty" as const, trim: true };
    return withRuntime(async (runtime) => {
      const env = runtime.environment("streams");
      env
        .fromReplayable(redisStreamSource(source), { parallelism: 2 })
        .map(
          ({ fields }) => {
            wrong(Number(fields.n));
            return 2 * Number(fields.n);
          },
          { onError: "restart" },
        )
        .transactionalSink(redisStreamSink({ ...through(), stream: "out" }), { parallelism: 2 });
      const job = await env.submit({
        maxBatch: 16,
        restart: { kind: "fixedDelay", attempts: 100, delayMs: 1 },
      });
      return job.done;
    });
  };

  test("takes each entry once and writes each result once, and removes what it has read where it may", async () => {
    const { ledger } = await doubled(() => undefined);

    expect([ledger.read, ledger.balanced]).toEqual([1000, true]);
    expect((await valuesIn("out")).sort((x, y) => x - y)).toEqual(range(0, 1000).map((n) => 2 * n));
    expect(await lab.server.command("XLEN", "a")).toBe(":0\r\n");
    expect(await lab.server.command("KEYS", "*sink*")).toBe("*0\r\n");
  });

  test("does so through crashes of its tasks and cuts of its connections", async () => {
    let seen = 0;
    await doubled(() => {
      seen++;
      if (seen % 150 === 0) throw new Error("crash");
      if (seen % 101 !== 0) return;
      lab.proxy.cut();
      setImmediate(() => lab.proxy.heal());
    });

    expect(seen).toBeGreaterThan(1000);
    expect((await valuesIn("out")).sort((x, y) => x - y)).toEqual(range(0, 1000).map((n) => 2 * n));
  });
});

describe("a source of plain streams", () => {
  const read = (options: object): Promise<readonly string[]> =>
    withRuntime(async (runtime) => {
      const env = runtime.environment("read");
      const source = redisStreamSource(
        { ...through(), streams: ["s"], until: "empty", ...options },
        ({ id, fields }) => {
          if (String(fields.get("n")) === "13") throw new Error("unlucky");
          return `${id.split("-")[0]}:${fields.get("n")}`;
        },
      );
      const out = env.fromReplayable(source).collect();
      const job = await env.submit();
      const { error } = await job.done.catch((reason: unknown) => ({ error: reason }));
      if (error !== undefined) throw error;
      return job.collected(out);
    });

  test("makes records as it is told, and begins where it is told", async () => {
    for (const n of [1, 2]) await lab.server.command("XADD", "s", `${n}-0`, "n", String(n));

    expect(await read({})).toEqual(["1:1", "2:2"]);
    expect(await read({ from: "end" })).toEqual([]);
  });

  test("begins at the end that there was when its job began, whatever came before the first commit", async () => {
    const { systemClock } = await import("@sage-kernel/testkit");
    await lab.server.command("XADD", "s", "1-0", "n", "1");
    const source = () =>
      redisStreamSource({ ...through(), streams: ["s"], from: "end", until: "empty" }).create();
    const [before, after] = [source(), source()];
    for (const each of [before, after]) await each.open?.({ clock: systemClock } as never);
    const [split = ""] = (await before.splits?.()) ?? [];
    await lab.server.command("XADD", "s", "2-0", "n", "2");
    const scope = { split, signal: new AbortController().signal };

    for (const each of [before, after])
      expect(await each.poll(undefined, 10, scope)).toMatchObject({
        records: [{ id: "2-0" }],
        position: ["2-0", 2],
      });
    for (const each of [before, after]) await each.close?.();
  });

  test("fails with the entry that it cannot make a record of", async () => {
    await lab.server.command("XADD", "s", "7-7", "n", "13");

    await expect(read({})).rejects.toMatchObject({ code: "ENTRY_UNREADABLE" });
  });

  test("says so when entries are gone that it has not read", async () => {
    const source = (onGap: "fail" | "goOn") =>
      redisStreamSource({ ...through(), streams: ["s"], until: "empty", onGap }).create();
    const scope = { split: "s", signal: new AbortController().signal };
    for (const n of [1, 2, 3, 4]) await lab.server.command("XADD", "s", `${n}-0`, "n", String(n));
    await lab.server.command("XTRIM", "s", "MAXLEN", "1");
    const [strict, lax] = [source("fail"), source("goOn")];
    const { systemClock } = await import("@sage-kernel/testkit");
    for (const each of [strict, lax]) await each.open?.({ clock: systemClock } as never);

    await expect(Promise.resolve(strict.poll(["1-0", 1], 10, scope))).rejects.toMatchObject({
      code: "STREAM_TRIMMED",
      details: { stream: "s", behind: "1-0", entries: 2 },
    });
    expect(await lax.poll(["1-0", 1], 10, scope)).toMatchObject({ position: ["4-0", 4] });
    expect(await strict.poll(["3-0", 3], 10, scope)).toMatchObject({ position: ["4-0", 4] });
    for (const each of [strict, lax]) await each.close?.();
  });
});

describe("a producer from outside", () => {
  test("has each append in the stream once, whichever answer is lost", async () => {
    let dropped = 0;
    for (let n = 0; n < 12; n++) {
      lab.proxy.dropAnswer(n);
      await written(`lost-${n}`, range(0, 200));
      if (lab.proxy.answers > n) dropped++;
      lab.proxy.dropAnswer(undefined);
      expect(await lab.server.command("XLEN", `lost-${n}`)).toBe(":200\r\n");
    }
    expect(dropped).toBeGreaterThan(6);
  });

  test("knows how far it had come, and fences the one before", async () => {
    const open = () => openStreamProducer({ ...through(), stream: "p", name: "one" });
    const first = await open();
    await first.append([{ n: 1 }]);
    const second = await open();

    expect(second.appended).toBe(1);
    await expect(first.append([{ n: 2 }])).rejects.toMatchObject({ code: "STREAM_WRITER_REPLACED" });
    await second.append([{ n: 2 }, { n: 3 }]);
    expect(await lab.server.command("XLEN", "p")).toBe(":3\r\n");
    await Promise.all([first.close(), second.close()]);
  });

  test("fails all that comes behind an append of which nobody knows whether it was done", async () => {
    const limits = { outageTimeoutMs: 200, answerTimeoutMs: 100 };
    const producer = await openStreamProducer({ ...through(), ...limits, stream: "u", name: "one" });
    await producer.append([{ n: 1 }]);
    lab.proxy.cut();
    const ends = await Promise.allSettled([producer.append([{ n: 2 }]), producer.append([{ n: 3 }])]);
    lab.proxy.heal();

    expect(ends).toMatchObject(Array(2).fill({ status: "rejected", reason: { code: "STORE_UNAVAILABLE" } }));
    await expect(producer.append([{ n: 3 }])).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(producer.appended).toBe(1);
    await producer.close();
  });

  test("writes bytes as they are, and refuses what is no entry before anything is written", async () => {
    const producer = await openStreamProducer({ ...through(), stream: "bytes", name: "one" });
    await producer.append([{ value: new Uint8Array([50, 51]) }]);
    await expect(producer.append([{ value: 1 }, {}])).rejects.toMatchObject({ code: "NOT_SERIALIZABLE" });

    expect(await valuesIn("bytes")).toEqual([23]);
    await producer.close();
  });

  test("says so when the server has lost what it has appended", async () => {
    const producer = await openStreamProducer({ ...through(), stream: "q", name: "one" });
    await producer.append([{ n: 1 }]);
    await lab.server.command("HDEL", "{q}:sage:producer:one", "s");

    await expect(producer.append([{ n: 2 }])).rejects.toMatchObject({ code: "STORE_ROLLED_BACK" });
    await producer.close();
  });
});

describe("a sink into a plain stream", () => {
  const opened = async () => {
    const { systemClock } = await import("@sage-kernel/testkit");
    const sink = redisStreamSink<number>({ ...through(), stream: "t" }).create();
    await sink.open?.({ clock: systemClock } as never);
    return sink;
  };
  const transaction = (sequence: number) => ({ id: `j/s#0/${sequence}`, task: "j/s#0", sequence });

  test("shows what was committed when it starts over, and drops the rest", async () => {
    const before = await opened();
    await before.recover("j/s#0", 0);
    for (const sequence of [1, 2, 3]) await before.stage(transaction(sequence), [sequence, 10 * sequence]);
    await before.commit(transaction(1));
    const after = await opened();
    await after.recover("j/s#0", 2);

    expect(await valuesIn("t")).toEqual([1, 10, 2, 20]);
    await after.commit(transaction(2));
    expect(await valuesIn("t")).toEqual([1, 10, 2, 20]);
    await expect(before.stage(transaction(3), [4])).rejects.toMatchObject({ code: "STREAM_WRITER_REPLACED" });
    await expect(before.commit(transaction(3))).rejects.toMatchObject({ code: "STREAM_WRITER_REPLACED" });
    await Promise.all([before.close?.(), after.close?.()]);
    expect(await lab.server.command("KEYS", "*sage*")).toBe("*0\r\n");
  });

  test("says so when the server has lost what was staged", async () => {
    const sink = await opened();
    await sink.recover("j/s#0", 0);
    await sink.stage(transaction(1), [1]);
    await lab.server.command("HDEL", "{t}:sage:sink:j/s#0", "t:1");

    await expect(sink.commit(transaction(1))).rejects.toMatchObject({ code: "STREAM_STAGING_LOST" });
    await sink.close?.();
  });
});

test.each([
  [() => redisStreamSource({ streams: [] }), "streams"],
  [() => redisStreamSource({ streams: ["a"], waitMs: 0 }), "waitMs"],
  [() => redisStreamSink({ stream: "" }), "stream"],
  [() => redisStreamSink({ stream: "s", maxLength: 5 } as never), "maxLength"],
])("wrong options are refused at once: %s", (make, path) => {
  expect(make).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", details: expect.objectContaining({ path }) }),
  );
});
