import { createHash } from "node:crypto";
import { linkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { expectedCensus } from "./support/expected-census.ts";
import { buildExamples, REPOSITORY, RunningProgram, runExample, runJson } from "./support/run-example.ts";
import { type Contents, temporaryFolder } from "./support/temporary-folder.ts";

beforeAll(buildExamples, 120_000);

const large = Buffer.alloc(200_001, "0123456789abcde\n");
const tree: Contents = {
  "readme.md": "# title\n\ntext\n",
  "no-newline.md": "text",
  "Upper.MD": "# title\n\ntext\n",
  LICENSE: "free\n",
  ".npmrc": "a=b\n",
  "trailing.": "dot\n".repeat(3),
  "empty.txt": "",
  "src/a.ts": "export {};\n",
  "src/deep/er/b.ts": "export {};\n",
  "src/deep/er/c.d.ts": "export {};\n",
  "src/with space\u00e9.js": "1\r\n2\r\n",
  "bin/large.bin": large,
  "bin/large-copy.bin": large,
  "bin/bytes.bin": Buffer.from([0, 10, 255, 10, 13]),
};
const { "trailing.": trailing, ...named } = tree;

function makeTree(): string {
  const folder = temporaryFolder(tree);
  symlinkSync(join(folder, "readme.md"), join(folder, "link.md"));
  symlinkSync(folder, join(folder, "src", "loop"));
  symlinkSync("nowhere", join(folder, "dangling.md"));
  return folder;
}

/** A file whose name ends in a dot has no extension. */
const expected = expectedCensus({ ...named, trailing: trailing as string });

test.each([
  { flags: [] },
  { flags: ["--concurrency", "1", "--parallelism", "1"] },
  { flags: ["--parallelism", "8", "--concurrency", "3"] },
  { flags: ["--capacity", "1", "--parallelism", "3"] },
])("a census with flags $flags counts every regular file once", async ({ flags }) => {
  const folder = makeTree();

  const result = await runJson("census", "--dir", folder, ...flags);

  expect(result).toMatchObject({ ...expected, deadLetters: [], ledger: { balanced: true } });
  expect(Object.keys(result.kinds).sort()).toEqual(Object.keys(expected.kinds).sort());
});

test("the JSON of a census has these fields and no others", async () => {
  const result = await runJson("census", "--dir", makeTree());

  expect(Object.keys(result).sort()).toEqual(
    [
      "bytes",
      "deadLetters",
      "digests",
      "duplicates",
      "files",
      "kinds",
      "ledger",
      "licenseService",
      "licenses",
      "packages",
      "recordsPerSecond",
    ].sort(),
  );
  expect(result.recordsPerSecond).toBeGreaterThan(0);
});

test("duplicates come with what their copies waste, most first, and with three paths at most", async () => {
  const folder = temporaryFolder({
    "a/1": "small",
    "2": "small",
    "3": "small",
    "b/4": "small",
    "5": "",
    "6": "",
  });
  linkSync(join(folder, "2"), join(folder, "hard-link"));

  const { duplicates } = await runJson("census", "--dir", folder);

  const digest = (text: string) => createHash("sha256").update(text).digest("hex");
  expect(duplicates).toEqual([
    {
      digest: digest("small"),
      copies: 5,
      bytes: 5,
      wastedBytes: 20,
      paths: ["2", "3", "a/1"].map((path) => join(folder, path)),
    },
    {
      digest: digest(""),
      copies: 2,
      bytes: 0,
      wastedBytes: 0,
      paths: [join(folder, "5"), join(folder, "6")],
    },
  ]);
});

test("--max-files ends the walk after the first files by name", async () => {
  const folder = temporaryFolder({ "c.txt": "ccc", "a.txt": "a", "b.txt": "bb", "0/d.txt": "dddd" });

  const result = await runJson("census", "--dir", folder, "--max-files", "2");

  expect(result).toMatchObject({ files: 2, bytes: 3, ledger: { balanced: true } });
});

test("a census of an empty folder is all zeros", async () => {
  const result = await runJson("census", "--dir", temporaryFolder());

  expect(result).toMatchObject({
    files: 0,
    bytes: 0,
    digests: 0,
    kinds: {},
    packages: 0,
    licenses: {},
    duplicates: [],
  });
});

describe("the report for people", () => {
  test("has aligned tables and ends with a balanced ledger", async () => {
    const folder = temporaryFolder({ "one.ts": "1\n", "two.ts": "2\n", "x.json": "{}".repeat(1000) });

    const { stdout } = await runExample("census", "--dir", folder);

    expect(stdout).toContain(
      ["kinds by bytes", "  kind   files    bytes  lines", "  .json      1  2.0 KiB      0"].join("\n"),
    );
    expect(stdout).toContain("  .ts        2      4 B      2\n");
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("ledger balanced");
  });

  test("writes control characters of names out", async () => {
    const folder = temporaryFolder({ "a\u001b[2Jb": "same", "a\u001b[2Jc": "same" });

    const { stdout } = await runExample("census", "--dir", folder);

    expect(stdout).not.toContain("\u001b");
    expect(stdout).toContain("a\\x1b[2Jb");
  });
});

test("without --dir it is this repository's node_modules, from any folder and through the script", async () => {
  const args = [join(REPOSITORY, "scripts/example.mjs"), "census", "--max-files", "1"];

  const { code, stdout } = await new RunningProgram(args, temporaryFolder()).ended;

  expect(stdout).toContain(`census of ${join(REPOSITORY, "node_modules")}\n`);
  expect(code).toBe(0);
});
