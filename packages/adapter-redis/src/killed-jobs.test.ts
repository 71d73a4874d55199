import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisServer } from "../test-support/redis-server.ts";

const program = fileURLToPath(new URL("../test-support/counting-job.mjs", import.meta.url));
const numbers = 6000;

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server.stop());

/** What the counting job says in the end. */
interface Counted {
  readonly counts: readonly (readonly [number, { readonly count: number; readonly sum: number }])[];
  readonly balanced: boolean;
  readonly read: number;
}

/** What a run of it came to. */
interface Run {
  /** Where it began to read. */
  readonly from: number;
  /** Its result, if it came to an end. */
  readonly counted: Counted | undefined;
}

/** Runs the counting job, and kills it when it has come to a number. */
async function run(killAt: number): Promise<Run> {
  const child = spawn(process.execPath, [program, server.path, String(numbers)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors: string[] = [];
  child.stderr.on("data", (data) => errors.push(String(data)));
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let counted: Counted | undefined;
  let from = Number.NaN;
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, value = ""] = line.split(/ (.*)/);
    if (word === "counts") counted = JSON.parse(value) as Counted;
    else if (Number.isNaN(from)) from = Number(value);
    if (word === "at" && Number(value) >= killAt) child.kill("SIGKILL");
  }
  const code = await exited;
  if (counted === undefined && code !== null)
    throw new Error(`it has ended with ${code}: ${errors.join("")}`);
  return { from, counted };
}

describe("a job whose process is killed", () => {
  test("goes on from its last commit when it is started again, and counts each record once", async () => {
    const runs: Run[] = [];
    for (const killAt of [300, 1000, 1001, 2500, 4200]) runs.push(await run(killAt));
    expect(runs.map((killed) => killed.counted)).toEqual(Array(5).fill(undefined));
    const { from, counted } = await run(Number.POSITIVE_INFINITY);
    const begins = [...runs.map((killed) => killed.from), from];
    expect(begins[0]).toBe(0);
    for (const [i, begin] of begins.entries()) expect(begin).toBeGreaterThanOrEqual(begins[i - 1] ?? 0);
    expect(from).toBeGreaterThan(3000);

    const expected = Array.from({ length: 10 }, (_, digit) => {
      const mine = Array.from({ length: numbers / 10 }, (_, i) => 10 * i + digit);
      return [digit, { count: mine.length, sum: mine.reduce((sum, n) => sum + n, 0) }];
    });
    expect(counted).toEqual({ counts: expected, balanced: true, read: numbers });
    expect(await server.command("KEYS", "*counting*")).toBe("*0\r\n");
  });
});
