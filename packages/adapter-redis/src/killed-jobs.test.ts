import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CountingRun, expectedCount, runCounting } from "../test-support/counting-run.ts";
import { RedisServer } from "../test-support/redis-server.ts";

const deep = process.env.SAGE_DEEP === "1";

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server.stop());

/** What woke the reads of killed processes goes by itself. */
const nothingLeft = async (): Promise<void> => expect(await server.command("KEYS", "*{*")).toBe("*0\r\n");

describe("a job whose process is killed", () => {
  test("goes on from its last commit when it is started again, and counts each record once", async () => {
    const numbers = 6000;
    const runs: CountingRun[] = [];
    for (const killAt of [300, 1000, 1001, 2500, 4200]) {
      const onRead = (from: number, child: ChildProcess): void =>
        void (from >= killAt && child.kill("SIGKILL"));
      runs.push(await runCounting({ path: server.path, numbers, onRead }));
    }
    expect(runs.map(({ counted, code }) => [counted, code])).toEqual(Array(5).fill([undefined, null]));
    const { from, counted } = await runCounting({ path: server.path, numbers });
    const begins = [...runs.map((killed) => killed.from), from];
    expect(begins[0]).toBe(0);
    for (const [i, begin] of begins.entries()) expect(begin).toBeGreaterThanOrEqual(begins[i - 1] ?? 0);
    expect(from).toBeGreaterThan(3000);

    expect(counted).toEqual(expectedCount(numbers));
    await nothingLeft();
  });

  test("does so whichever commit it is killed at, before it, on its way, and behind it", async () => {
    const numbers = 60;
    const { commits = 0, counted: right } = await runCounting({ path: server.path, numbers });
    expect([right, commits > 15]).toEqual([expectedCount(numbers), true]);

    const steps = ["before", "sent", "answered"];
    const all = Array.from({ length: commits }, (_, n) => steps.map((step) => `${n}:${step}`)).flat();
    const tried = deep ? all : all.filter((_, i) => i % 26 === 5);
    for (const killAt of tried) {
      const killed = await runCounting({ path: server.path, numbers, killAt });
      const { counted } = await runCounting({ path: server.path, numbers });
      // How many commits there are depends on how its tasks come by their turns.
      const reached = killed.code === null || (killed.commits ?? 0) <= Number.parseInt(killAt, 10);
      expect([killAt, reached, counted]).toEqual([killAt, true, expectedCount(numbers)]);
    }
    await nothingLeft();
  }, 1_800_000);
});

describe("a job whose process is killed while it is being ended", () => {
  const places = ["close.0", "close.1", "close.4", "release.0"];
  const all = places.flatMap((place) => ["before", "sent", "answered"].map((step) => `${place}:${step}`));
  const tried = deep ? all : all.filter((_, i) => i % 3 === 1);

  test.each(tried)(
    "is ended, or run anew, when it is started again: %s",
    async (killAt) => {
      const numbers = 200;
      const killed = await runCounting({ path: server.path, numbers, killAt });
      expect([killed.code, killed.counted]).toEqual([null, undefined]);
      const { counted, errors } = await runCounting({ path: server.path, numbers });

      expect([counted, errors]).toEqual([expectedCount(numbers), ""]);
      await nothingLeft();
    },
    120_000,
  );
});

describe("a process that stands still while another one takes its job over", () => {
  test("changes nothing when it comes to itself, and ends saying that it was fenced", async () => {
    const numbers = 6000;
    let stopped: ChildProcess | undefined;
    const stopAt = (from: number, child: ChildProcess): void => {
      if (from < 1000 || stopped !== undefined) return;
      stopped = child;
      child.kill("SIGSTOP");
    };
    const still = new Promise<void>((resolve) => {
      const look = (): void => void (stopped === undefined ? setImmediate(look) : resolve());
      look();
    });
    const first = runCounting({ path: server.path, numbers, onRead: stopAt });
    await still;
    const wake = (from: number): void => void (from >= 3000 && stopped?.kill("SIGCONT"));
    const second = await runCounting({ path: server.path, numbers, onRead: wake });
    const { counted, code, errors } = await first;

    expect(second.counted).toEqual(expectedCount(numbers));
    expect([counted, code, errors]).toEqual([undefined, 1, expect.stringContaining("FENCED")]);
    await nothingLeft();
  });
});
