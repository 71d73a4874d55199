import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import type { RedisQueue } from "./redis-queue.ts";

let lab: RedisLab;

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterAll(() => lab.stop());

const descriptor = (id: string): QueueDescriptor => new QueueDescriptor({ kind: "redis", id, capacity: 10 });

describe("a queue whose server has lost the end of what it had", () => {
  test("says so instead of handing out what does not follow on what was read, and begins again from the rest", async () => {
    const queue = await lab.driver().open(descriptor("lost/in"));
    const other = (await lab.driver().open(descriptor("lost/in"))) as RedisQueue;
    for (let n = 0; n < 3; n++) await queue.put(new Batch(0, n, [n]));
    expect((await queue.take(10)).batches.flatMap(({ payloads }) => payloads)).toHaveLength(3);
    await lab.server.command("DEL", "sage:{lost}:q:in", "sage:{lost}:q:in:m");
    const take = Promise.resolve(queue.take(10)).catch((error: unknown) => error);
    await other.open();
    await other.put(new Batch(0, 0, ["again"]));

    expect(await take).toMatchObject({ code: "INPUT_VANISHED" });
    await queue.rewind();
    expect((await queue.take(10)).batches.flatMap(({ payloads }) => payloads)).toEqual(["again"]);
  });

  test("refuses bytes that are no entry, and says where", async () => {
    const queue = await lab.driver().open(descriptor("bytes/in"));
    await lab.server.command(
      "XADD",
      "sage:{bytes}:q:in",
      "*",
      "u",
      "x",
      "t",
      "1",
      "n",
      "1",
      "b",
      "\u0001nonsense",
    );

    await expect(Promise.resolve(queue.take(1))).rejects.toMatchObject({
      code: "ENTRY_UNREADABLE",
      details: { queue: "bytes/in" },
    });
  });
});

test("a descriptor that is opened in two processes leads to one queue", async () => {
  const [one, two] = await Promise.all(
    [lab.driver(), lab.driver()].map((driver) => driver.open(descriptor("shared/in"))),
  );
  const take = two?.take(5);
  await one?.put(new Batch(3, 0, [{ a: 1 }, { a: 2 }], ["k", "l"]));

  expect((await take)?.batches).toEqual([new Batch(3, 0, [{ a: 1 }, { a: 2 }], ["k", "l"])]);
  expect(await one?.size()).toBe(2);
});
