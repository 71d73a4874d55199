import { Batch, QueueDescriptor } from "@sage-kernel/core/spi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import type { ScriptArgument } from "./redis-port.ts";
import type { RedisQueue } from "./redis-queue.ts";
import { advanceScript, appendScript, openScript, revokeScript } from "./scripts.ts";

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

describe("a request to append that is asked for twice", () => {
  const keysOf = (id: string) => [`sage:{${id}}:q:in`, `sage:{${id}}:q:in:m`, `sage:{${id}}:q:in:r`] as const;

  test("does what it did the first time, also where that was nothing and there is room by now", async () => {
    const redis = lab.client();
    const keys = keysOf("twice");
    await redis.run(openScript, keys, [""]);
    const full = [["p", 1, 1, 1, 1, "a"] as const, ["p", 2, 1, 1, 1, "b"] as const];
    await redis.run(appendScript, keys, full[0] as readonly ScriptArgument[]);
    const refused = (await redis.run(appendScript, keys, full[1] as readonly ScriptArgument[])) as number[];
    const [entry] = (await redis.read([{ key: keys[0], after: "0-0" }], 1, 1)).get(keys[0]) ?? [];
    await redis.run(advanceScript, keys, [entry?.id ?? "", 1, 1, 1]);
    const again = (await redis.run(appendScript, keys, full[1] as readonly ScriptArgument[])) as number[];

    expect([refused.slice(0, 2), again.slice(0, 2)]).toEqual([
      [1, 0],
      [2, 0],
    ]);
    expect(await lab.server.command("XLEN", keys[0])).toBe(":0\r\n");
  });

  test("does nothing to a queue that was removed", async () => {
    const redis = lab.client();
    const keys = keysOf("gone");
    const answers = [
      await redis.run(appendScript, keys, ["p", 1, 1, 1, 1, "a"]),
      await redis.run(revokeScript, [keys[1]], ["p", 1]),
      await redis.run(advanceScript, keys, ["1-1", 1, 1, 1]),
    ];

    expect(answers).toEqual([[-1, 0, 0, 0, 0], 0, 0]);
    expect(await lab.server.command("KEYS", "*{gone}*")).toBe("*0\r\n");
  });
});
