import { Batch, type Commit, isPromiseLike, QueueDescriptor } from "@sage-kernel/core/spi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { unitOf } from "../test-support/unit-of.ts";
import { RedisQueueDriver } from "./redis-queue-driver.ts";
import { RedisStateStores } from "./redis-state-store.ts";

let lab: RedisLab;

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterAll(() => lab.stop());

/** A task with an input of ten records, in one job of its own. */
async function taskOf(job: string) {
  const process = lab.process();
  const queue = await new RedisQueueDriver(process).open(
    new QueueDescriptor({ kind: "redis", id: `${job}/in`, capacity: 100 }),
  );
  for (let n = 0; n < 10; n++) await queue.put(new Batch(0, n, [n]));
  const store = new RedisStateStores(process).create(job);
  const scope = { node: "task#0", input: queue, deadLetters: { write: () => undefined } };
  const open = async (): Promise<Commit> => await store.open(scope);
  return { queue, open };
}

describe("a commit", () => {
  test("is refused where the input that it has read is not there any more", async () => {
    const { queue, open } = await taskOf("vanished");
    const commit = await open();
    const { position } = await queue.take(4);
    await lab.server.command("DEL", "sage:{vanished}:q:in");

    expect(await commit.commit(unitOf(commit, { position }))).toEqual({ code: "inputVanished" });
    expect(commit.progress.sequence).toBe(0);
  });

  test("is refused where something else stands in the place of what it has read", async () => {
    const { queue, open } = await taskOf("replaced");
    const commit = await open();
    const delivery = await queue.take(4);
    const position = queue.positionAfter(delivery, 2) as unknown as readonly unknown[];
    const other = [...position.slice(0, 5), "another token"] as never;

    expect(await commit.commit(unitOf(commit, { position: other }))).toEqual({ code: "inputVanished" });
    expect(await commit.commit(unitOf(commit, { position: position as never }))).toMatchObject({
      code: "applied",
    });
    await commit.progress.delivered;
    expect(await queue.size()).toBe(8);
  });

  test("of a process that was replaced by another one changes nothing", async () => {
    const { queue, open } = await taskOf("twice");
    const first = await open();
    const { position } = await queue.take(4);
    const other = await taskOf("twice");
    const second = await other.open();

    expect(await first.commit(unitOf(first, { position }))).toEqual({ code: "fenced" });
    const outcome = second.commit(unitOf(second, { position }));
    expect(isPromiseLike(outcome)).toBe(true);
    expect(await outcome).toMatchObject({ code: "applied" });
    expect(await first.commit(unitOf(first, { position }))).toEqual({ code: "fenced" });
  });
});
