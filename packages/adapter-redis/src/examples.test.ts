import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisServer } from "../test-support/redis-server.ts";

const program = fileURLToPath(new URL("../../../scripts/example.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sage-examples-"));

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.stop();
});

/** Runs an example; what it gives is without what depends on time. */
async function run(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, "--json"]);
  const { recordsPerSecond: _, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  return rest;
}

async function onlyItsReportIsLeft(): Promise<void> {
  const keys = await server.command("KEYS", "*");
  expect(keys).toMatch(/^\*1\r\n\$\d+\r\nsage:\{[^}]+\}:report\r\n$/);
  await server.command("FLUSHALL");
}

describe("an example with the adapter as the only change", () => {
  test("the access log gives the same numbers, also where a step crashes", async () => {
    const lines = Array.from({ length: 2000 }, (_, i) => {
      const minute = String(i % 60).padStart(2, "0");
      const time = `17/May/2015:${String(i % 24).padStart(2, "0")}:${minute}:00 +0000`;
      const request = i % 97 === 0 ? "cut" : `"GET /${i % 29} HTTP/1.1" 200 ${i} "-" "agent"`;
      return `10.0.${i % 7}.${i % 13} - - [${time}] ${request}\n`;
    });
    writeFileSync(join(folder, "log"), lines.join(""));
    const args = ["access-log", "--input", join(folder, "log"), "--parallelism", "3", "--crash-at", "700"];
    const here = await run(...args);
    expect(here).toMatchObject({ restarts: 1, deadLetters: 21 });

    expect(await run(...args, "--redis", server.path)).toEqual(here);
    await onlyItsReportIsLeft();
  }, 120_000);

  test("the census gives the same numbers, with a service that is called there", async () => {
    const tree = join(folder, "tree");
    mkdirSync(tree);
    for (let i = 0; i < 200; i++) writeFileSync(join(tree, `f${i}.md`), `text ${i % 50}\n`);
    const here = await run("census", "--dir", tree);
    expect(here).toMatchObject({ files: 200, digests: 50 });

    expect(await run("census", "--dir", tree, "--redis", server.path)).toEqual(here);
    await onlyItsReportIsLeft();
  }, 120_000);
});

describe("an example over three worker processes", () => {
  test("the census gives the same numbers as in one", async () => {
    const tree = join(folder, "tree-for-workers");
    mkdirSync(tree);
    for (let i = 0; i < 200; i++) writeFileSync(join(tree, `f${i}.md`), `text ${i % 50}\n`);
    const args = ["census", "--dir", tree];

    expect(await run(...args, "--redis", server.path, "--workers", "3")).toEqual(await run(...args));
    await server.command("FLUSHALL");
  }, 120_000);

  test("the access log gives the same numbers as in one, dead letters included", async () => {
    const args = ["access-log", "--input", join(folder, "log"), "--parallelism", "3"];
    const here = await run(...args);
    expect(here).toMatchObject({ deadLetters: 21 });

    expect(await run(...args, "--redis", server.path, "--workers", "3")).toEqual(here);
  }, 120_000);
});
