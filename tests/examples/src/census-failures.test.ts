import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createLocalRuntime } from "@sage-kernel/adapter-local";
import { declareCensus } from "@sage-kernel/examples/census/pipeline";
import { ReadFile } from "@sage-kernel/examples/census/read-file";
import { censusResult } from "@sage-kernel/examples/census/result";
import { type Found, walk } from "@sage-kernel/examples/census/walk";
import { expect, test } from "vitest";
import { temporaryFolder } from "./support/temporary-folder.ts";

/** Runs the census of what a walk found. */
async function takeCensus(found: Iterable<Found> | AsyncIterable<Found>, parallelism = 2) {
  await using runtime = await createLocalRuntime({ log: { level: "silent" } });
  const env = runtime.environment("census");
  const handles = declareCensus(env, found, { concurrency: 4, parallelism });
  const job = await env.submit();
  const report = await job.done;
  return censusResult({ handles, job, report, interrupted: false });
}

test("what cannot be read is a dead letter with its path and reason, and the rest is counted", async () => {
  const folder = temporaryFolder({ good: "1\n", "good too": "2\n" });
  const at = (name: string) => join(folder, name);
  symlinkSync(at("good"), at("became a link"));
  mkdirSync(at("became a folder"));

  const result = await takeCensus([
    { path: at("good") },
    { path: at("gone") },
    { path: at("became a link") },
    { path: at("became a folder") },
    { path: at("folder"), failure: "no permission" },
    { path: at("good too") },
  ]);

  expect(result).toMatchObject({
    files: 2,
    bytes: 4,
    digests: 2,
    ledger: { balanced: true, deadLettered: 4 },
  });
  expect([...result.deadLetters].sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
    { path: at("became a folder"), reason: expect.stringContaining("EISDIR") },
    { path: at("became a link"), reason: expect.stringContaining("ELOOP") },
    { path: at("folder"), reason: "no permission" },
    { path: at("gone"), reason: expect.stringContaining("ENOENT") },
  ]);
});

test("a walk goes on after a folder that it cannot read", async () => {
  const found: Found[] = [];

  for await (const file of walk(join(temporaryFolder(), "gone"))) found.push(file);

  expect(found).toEqual([
    { path: expect.stringMatching(/gone$/), failure: expect.stringContaining("ENOENT") },
  ]);
});

test("a walk yields files in the order of their names, those of a folder before those below", async () => {
  const folder = temporaryFolder({ b: "", a: "", "0/z": "", "0/y/x": "", "c/w": "", "A/v": "" });
  const paths: string[] = [];

  for await (const { path } of walk(folder)) paths.push(path.slice(folder.length + 1));

  expect(paths).toEqual(["a", "b", "0/z", "0/y/x", "A/v", "c/w"]);
});

test("reading a file ends as soon as the job is cancelled", async () => {
  const file = join(temporaryFolder({ file: "content" }), "file");
  const ctx = { signal: AbortSignal.abort(new Error("cancelled")) } as Parameters<ReadFile["execute"]>[1];

  const reading = new ReadFile().execute({ path: file }, ctx);

  await expect(reading).rejects.toThrow("cancelled");
});
