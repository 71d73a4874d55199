import type { JobChannel, JobSeat } from "@sage-kernel/core/spi";
import { systemClock } from "@sage-kernel/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { RedisJobChannel, redisJobChannel } from "./redis-job-channel.ts";

let lab: RedisLab;
const channels: JobChannel[] = [];

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterEach(async () => {
  await Promise.all(channels.splice(0).map((channel) => channel.close()));
});

afterAll(() => lab.stop());

function open(): JobChannel {
  const settings = { prefix: "sage:", channel: "test", capacity: 8, leaseMs: 400 };
  const channel = new RedisJobChannel(lab.client(), systemClock, settings);
  channels.push(channel);
  return channel;
}

async function received(seat: JobSeat): Promise<unknown[]> {
  const messages = await seat.take(10);
  await seat.settle(messages);
  return messages.map(({ body }) => body);
}

describe("a server that has forgotten everything", () => {
  test("is told who holds a seat, and the holder goes on", async () => {
    const [boss, worker] = [await open().join("manager"), await open().join("worker")];
    await lab.server.command("FLUSHALL");
    await boss.send({ name: "worker" }, "after");

    expect(await received(worker)).toEqual(["after"]);
    expect([boss.lost.aborted, worker.lost.aborted]).toEqual([false, false]);
  });

  test("does not give a seat back to who had lost it", async () => {
    const first = await open().join("worker");
    const second = await open().join("worker");
    await lab.server.command("FLUSHALL");
    await second.settle([{ id: "0-1" }]); // it says that it is there
    await expect(first.settle([{ id: "0-1" }])).rejects.toMatchObject({ code: "SEAT_LOST" });
    const third = await open().join("worker");

    expect(third.epoch).toBeGreaterThan(second.epoch);
  });

  test("does not hand out again what was settled", async () => {
    const [boss, worker] = [await open().join("manager"), await open().join("worker")];
    await boss.send({ name: "worker" }, "one");
    const [entry] = await worker.take(1);
    const key = "sage:{~test}:worker:in";
    await worker.settle([{ id: (entry as { id: string }).id }]);
    await lab.server.command("XADD", key, "9999999999999-1", "f", "manager", "e", "1", "t", "", "b", '"two"');

    expect(await received(worker)).toEqual(["two"]);
    expect(await lab.server.command("XLEN", key)).toBe(":0\r\n");
  });
});

describe("what is left in the server", () => {
  test("is nothing of a name that was left with nothing for it, but the word of it, which goes by itself", async () => {
    await lab.server.command("FLUSHALL");
    const seat = await open().join("worker");
    await seat.send({ name: "other" }, "for somebody who is not there yet");
    await seat.leave();
    const keys = (await lab.server.command("KEYS", "*worker*")).match(/sage:\S+/g) ?? [];

    expect(keys).toEqual(["sage:{~test}:worker:w"]);
    expect(Number((await lab.server.command("PTTL", keys[0] as string)).slice(1))).toBeGreaterThan(0);
  });
});

test("options that are none are refused with their path", () => {
  expect(() => redisJobChannel({ leaseMs: 1 })).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  expect(() => redisJobChannel({ channels: "x" } as never)).toThrow(/channels/);
});
