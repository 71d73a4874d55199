import type { JsonObject } from "@sage-kernel/core";
import { Batch, type Queue, QueueDescriptor } from "@sage-kernel/core/spi";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import type { RedisClient } from "./redis-client.ts";

let lab: RedisLab;

beforeAll(async () => {
  // A busy disk lets a server write later than it answers, and one that is killed then has lost the end.
  lab = await RedisLab.start("--appendfsync", "always");
});

afterEach(async () => {
  lab.proxy.dropAnswer(undefined);
  await lab.server.command("FLUSHALL");
});

afterAll(() => lab.stop());

const open = async (
  id: string,
  options: JsonObject = {},
  client: RedisClient = lab.client(),
): Promise<Queue> =>
  lab
    .driver(client)
    .open(new QueueDescriptor({ kind: "redis", id, capacity: 1000, options: { mode: "work", ...options } }));

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const recordsOf = (batches: readonly Batch[]): number[] =>
  batches.flatMap(({ payloads }) => payloads as number[]);

/** Takes all that comes to one consumer, until the pool has ended. */
async function worked(pool: Queue, max = 7): Promise<number[]> {
  const mine: number[] = [];
  for (;;) {
    const { batches, position, done } = await pool.take(max);
    if (done) return mine;
    mine.push(...recordsOf(batches));
    await pool.advance(position);
  }
}

describe("a pool", () => {
  test("gives each record to one of its consumers, and ends for all of them when everything is done", async () => {
    const [one, two, three] = await Promise.all(range(3).map(() => open("share/pool")));
    const work = [one, two, three].map((pool) => worked(pool as Queue));
    await one?.put(new Batch(0, 0, range(300)));
    await one?.close();
    const shares = await Promise.all(work);

    expect(shares.flat().sort((a, b) => a - b)).toEqual(range(300));
    expect(shares.filter((share) => share.length > 0).length).toBeGreaterThan(1);
    expect([await one?.size(), await lab.server.command("XLEN", "sage:{share}:q:pool")]).toEqual([
      0,
      ":0\r\n",
    ]);
  });

  test("gives what a consumer had that is not heard of any more to another one", async () => {
    const client = lab.client();
    const dead = await open("dead/pool", { leaseMs: 200 }, client);
    await dead.put(new Batch(0, 0, range(5)));
    expect(recordsOf((await dead.take(3)).batches)).toEqual([0, 1, 2]);
    await client.close();
    const next = await open("dead/pool", { leaseMs: 200 });
    await next.close();

    expect((await worked(next)).sort()).toEqual(range(5));
  });

  test("leaves with a consumer what it works on, however long that takes, as long as it is there", async () => {
    const [slow, other] = [
      await open("slow/pool", { leaseMs: 90 }),
      await open("slow/pool", { leaseMs: 90 }),
    ];
    await slow.put(new Batch(0, 0, [1]));
    const { position } = await slow.take(1);
    let came = false;
    const waits = Promise.resolve(other.take(1)).then(({ done }) => {
      came = !done;
    });
    const client = lab.client();
    // Three leases by the server's clock, which is that of leases.
    for (const until = (await timeOf(client)) + 300; (await timeOf(client)) < until; );
    await slow.advance(position);
    await other.close();
    await waits;

    expect([came, await other.size()]).toEqual([false, 0]);
  });

  test("keeps the work that is left when it is closed, though its server is started again and others come late", async () => {
    const [one, two] = [await open("again/pool"), await open("again/pool")];
    await one.put(new Batch(0, 0, range(50)));
    await one.close();
    await lab.server.restart();
    const late = await open("again/pool");
    const shares = await Promise.all([worked(two), worked(late)]);

    expect(shares.flat().sort((a, b) => a - b)).toEqual(range(50));
  });

  test("goes on with what can be read where something cannot", async () => {
    const pool = await open("bad/pool");
    await lab.server.command("XADD", "sage:{bad}:q:pool", "*", "u", "x", "n", "1", "b", "nonsense");
    await pool.put(new Batch(0, 0, [1, 2]));

    expect(recordsOf((await pool.take(10)).batches)).toEqual([1, 2]);
  });

  test("lets a consumer that has lost a record remove nothing", async () => {
    const [first, second] = [
      await open("lost/pool", { leaseMs: 60_000 }),
      await open("lost/pool", { leaseMs: 1 }),
    ];
    await first.put(new Batch(0, 0, ["x"]));
    const held = await first.take(1);
    const taken = await second.take(1);
    await first.advance(held.position);
    expect(await second.size()).toBe(1);
    await second.advance(taken.position);

    expect(await second.size()).toBe(0);
  });

  test("hands out each record once, whichever answer is lost", async () => {
    for (const n of range(12)) {
      const [one, two] = [await open(`answer-${n}/pool`), await open(`answer-${n}/pool`)];
      lab.proxy.dropAnswer(n);
      await one.put(new Batch(0, 0, range(40)));
      await one.close();
      const shares = await Promise.all([worked(one, 3), worked(two, 3)]);
      lab.proxy.dropAnswer(undefined);

      expect([n, shares.flat().sort((a, b) => a - b)]).toEqual([n, range(40)]);
    }
  });

  test.each([{ leaseMs: 0 }, { prefetch: 1.5 }, { mode: "fast" }])(
    "is refused with the options %o",
    async (options) => {
      await expect(open("wrong/pool", options)).rejects.toMatchObject({
        code: "INVALID_DESCRIPTOR",
        details: { path: `options.${Object.keys(options)[0]}` },
      });
    },
  );
});

/** What the server's clock shows, in ms. */
async function timeOf(client: RedisClient): Promise<number> {
  const { script } = await import("./scripts.ts");
  const time = script("time", "local t = redis.call('TIME')\nreturn t[1] * 1000 + math.floor(t[2] / 1000)\n");
  return (await client.run(time, [], [])) as number;
}
