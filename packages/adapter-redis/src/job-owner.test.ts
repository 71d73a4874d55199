import type { JobShape } from "@sage-kernel/core/spi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RedisLab } from "../test-support/redis-lab.ts";
import { JobOwner } from "./job-owner.ts";

let lab: RedisLab;

beforeAll(async () => {
  lab = await RedisLab.start();
});

afterAll(() => lab.stop());

const shape = (capacity: number): JobShape => ({
  version: 1,
  pipeline: "p",
  steps: {},
  tasks: [],
  edges: [],
  queues: { "job/in": capacity },
});
const nothing = async (): Promise<readonly string[]> => [];

test("a job that was begun is known as such, also when its server has lost that and another process comes", async () => {
  const process = lab.process();
  const first = new JobOwner(process, "job");
  expect(await first.begin(shape(10), nothing)).toBe(false);
  await lab.server.command("DEL", first.key);
  process.life++; // as the process hears of it
  await first.own();

  expect(await new JobOwner(lab.process(), "job").begin(shape(10), nothing)).toBe(true);
  await expect(new JobOwner(lab.process(), "job").begin(shape(5), nothing)).rejects.toMatchObject({
    code: "JOB_CHANGED",
  });
});

test("a store that has lost its job tells its shape to nobody, and ends nothing", async () => {
  const [first, second] = [new JobOwner(lab.process(), "taken"), new JobOwner(lab.process(), "taken")];
  await first.begin(shape(10), nothing);
  await second.begin(shape(20), nothing);
  await first.ending();

  expect(await lab.server.command("HEXISTS", first.key, "x")).toBe(":0\r\n");
  await second.ending();
  expect(await new JobOwner(lab.process(), "taken").begin(shape(5), nothing)).toBe(false);
});

/** How many scripts the server has run. */
async function scriptsRun(): Promise<number> {
  const stats = await lab.server.command("INFO", "commandstats");
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

test("who takes part in a job waits until a server that was rolled back knows again whose it is", async () => {
  const owner = new JobOwner(lab.process(), "shared");
  await owner.begin(shape(10), nothing);
  const part = new JobOwner(lab.process(), "shared", owner.name);
  await part.own();
  for (const lost of [
    ["HSET", owner.key, "s", "an earlier one"],
    ["DEL", owner.key],
  ]) {
    await lab.server.command(...lost);
    let owned = false;
    const owning = part.own().then(() => {
      owned = true;
    });
    const looks = await scriptsRun();
    await expect.poll(scriptsRun).toBeGreaterThan(looks + 1);
    expect(owned).toBe(false);
    await lab.server.command("HSET", owner.key, "s", owner.name);
    await owning;
  }
});

test("it is fenced where another store goes on having the job", async () => {
  const [first, second] = [new JobOwner(lab.process(), "gone"), new JobOwner(lab.process(), "gone")];
  await first.begin(shape(10), nothing);
  await second.begin(shape(10), nothing);

  await expect(new JobOwner(lab.process(), "gone", first.name).own()).rejects.toMatchObject({
    code: "FENCED",
  });
});
