import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { ReadFile } from "@sage-kernel/examples/census/read-file";
import { expect, test } from "vitest";
import { takeCensus, walked } from "./support/take-census.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

test("what cannot be read is a dead letter with its path and reason, and the rest is counted", async () => {
  const folder = temporaryFolder({ good: "1\n", "good too": "2\n" });
  const at = (name: string) => join(folder, name);
  symlinkSync(at("good"), at("became a link"));
  mkdirSync(at("became a folder"));

  const result = await takeCensus([
    { path: at("good"), manifests: [] },
    { path: at("gone"), manifests: [] },
    { path: at("became a link"), manifests: [] },
    { path: at("became a folder"), manifests: [] },
    { path: at("folder"), manifests: [], failure: "no permission" },
    { path: at("good too"), manifests: [] },
  ]);

  expect(result).toMatchObject({
    files: 2,
    bytes: 4,
    digests: 2,
    ledger: { balanced: true, deadLettered: 4 },
  });
  expect(result.deadLetters).toEqual([
    { path: at("became a folder"), reason: expect.stringContaining("EISDIR") },
    { path: at("became a link"), reason: expect.stringContaining("ELOOP") },
    { path: at("folder"), reason: "no permission" },
    { path: at("gone"), reason: expect.stringContaining("ENOENT") },
  ]);
});

test("a walk goes on after a folder that it cannot read", async () => {
  const found = await walked(join(temporaryFolder(), "gone"));

  expect(found).toEqual([
    { path: expect.stringMatching(/gone$/), manifests: [], failure: expect.stringContaining("ENOENT") },
  ]);
});

test("a walk yields files in the order of their names, those of a folder before those below", async () => {
  const folder = temporaryFolder({ b: "", a: "", "0/z": "", "0/y/x": "", "c/w": "", "A/v": "" });

  const found = await walked(folder);

  const paths = found.map(({ path }) => path.slice(folder.length + 1));
  expect(paths).toEqual(["a", "b", "0/z", "0/y/x", "A/v", "c/w"]);
});

test("a walk yields a folder's package.json first, and with each file those above it, nearest first", async () => {
  const folder = temporaryFolder({ "a.js": "", "package.json": "", "b/c/d.js": "", "b/c/package.json": "" });

  const found = await walked(folder);

  const [outer, inner] = [join(folder, "package.json"), join(folder, "b/c/package.json")];
  expect(found).toEqual([
    { path: outer, manifests: [outer] },
    { path: join(folder, "a.js"), manifests: [outer] },
    { path: inner, manifests: [inner, outer] },
    { path: join(folder, "b/c/d.js"), manifests: [inner, outer] },
  ]);
});

test("reading a file ends as soon as the job is cancelled", async () => {
  const file = join(temporaryFolder({ file: "content" }), "file");
  const ctx = { signal: AbortSignal.abort(new Error("cancelled")) } as Parameters<ReadFile["execute"]>[1];

  const reading = new ReadFile().execute({ path: file, manifests: [] }, ctx);

  await expect(reading).rejects.toThrow("cancelled");
});
