import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../../scripts/example.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sage-ws-examples-"));

afterAll(() => rmSync(folder, { recursive: true }));

/** Runs an example; what it gives is without what depends on time. */
async function run(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, "--json"]);
  const { recordsPerSecond: _, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  return rest;
}

test("the access log over three processes that meet by WebSocket gives the same numbers as in one", async () => {
  const lines = Array.from({ length: 2000 }, (_, i) => {
    const time = `17/May/2015:${String(i % 24).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}:00 +0000`;
    const request = i % 97 === 0 ? "cut" : `"GET /${i % 29} HTTP/1.1" 200 ${i} "-" "agent"`;
    return `10.0.${i % 7}.${i % 13} - - [${time}] ${request}\n`;
  });
  writeFileSync(join(folder, "log"), lines.join(""));
  const args = ["access-log", "--input", join(folder, "log"), "--parallelism", "3"];
  const here = await run(...args);
  expect(here).toMatchObject({ deadLetters: 21 });

  expect(await run(...args, "--workers", "3")).toEqual(here);
}, 120_000);

test("so does the census, with a service that is called between them", async () => {
  const tree = join(folder, "tree");
  mkdirSync(tree);
  for (let i = 0; i < 200; i++) writeFileSync(join(tree, `f${i}.md`), `text ${i % 50}\n`);
  const args = ["census", "--dir", tree];

  expect(await run(...args, "--workers", "3")).toEqual(await run(...args));
}, 120_000);
