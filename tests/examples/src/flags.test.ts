import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildExamples, runExample } from "./support/run-example.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

beforeAll(buildExamples, 120_000);

const file = () => join(temporaryFolder({ log: "" }), "log");
const wrong = [
  ["--no-such-flag"],
  ["surplus"],
  ["--json=yes"],
  ["--concurrency"],
  ["--concurrency", "0"],
  ["--concurrency", "many"],
  ["--parallelism", "1.5"],
  ["--parallelism=-1"],
  ["--parallelism", "129"],
  ["--capacity", "1e3"],
  ["--capacity", ""],
  ["--capacity", "99999999999999999999"],
];

test.each([
  ...wrong.map((flags) => ({ name: "census", flags: () => flags })),
  { name: "census", flags: () => ["--max-files", "0"] },
  { name: "census", flags: () => ["--dir", join(temporaryFolder(), "gone")] },
  { name: "census", flags: () => ["--dir", file()] },
  { name: "access-log", flags: () => ["--input", file(), "--no-such-flag"] },
  { name: "access-log", flags: () => ["--input", file(), "--parallelism", "0"] },
  { name: "access-log", flags: () => ["--input", file(), "--top", "0"] },
  { name: "access-log", flags: () => ["--input", join(temporaryFolder(), "gone")] },
  { name: "access-log", flags: () => ["--input", temporaryFolder()] },
  { name: "access-log", flags: () => [] },
])("$name refuses wrong flags in one line, with exit code 2 (case %#)", async ({ name, flags }) => {
  const { code, stdout, stderr } = await runExample(name, ...flags());

  expect(stderr).toMatch(new RegExp(`^${name}: .+\n$`));
  expect(stdout).toBe("");
  expect(code).toBe(2);
});

test.each(["census", "access-log"])("%s --help names its flags", async (name) => {
  const { code, stdout } = await runExample(name, "--help");

  for (const flag of ["--json", "--concurrency N", "--parallelism N", "--capacity N"])
    expect(stdout).toContain(flag);
  expect(code).toBe(0);
});
