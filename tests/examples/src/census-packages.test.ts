import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildExamples, runExample, runJson } from "./support/run-example.ts";
import { takeCensus, walked } from "./support/take-census.ts";
import { type Contents, temporaryFolder } from "./support/temporary-folder.ts";

beforeAll(buildExamples, 120_000);

const manifest = (name: string, license?: unknown) =>
  JSON.stringify({ name, version: "1.0.0", ...(license === undefined ? {} : { license }) });

/** Packages by their paths, the length of which says how many bytes a file has. */
const tree: Contents = {
  "outside.txt": "1",
  "lib/outside.js": "22",
  "app/package.json": manifest("app", "MIT"),
  "app/index.js": "333",
  "app/dist/esm/package.json": '{ "type": "module" }',
  "app/dist/esm/index.js": "4444",
  "app/dist/esm/deep/er/index.js": "55555",
  "app/node_modules/@scope/inner/package.json": manifest("@scope/inner", { type: "ISC" }),
  "app/node_modules/@scope/inner/a/b.js": "666666",
  "app/node_modules/broken/package.json": '{ "name": "broken", ',
  "app/node_modules/broken/index.js": "7777777",
  "app/node_modules/shapeless/package.json": '{ "name": 7, "license": "GPL-3.0" }',
  "app/node_modules/shapeless/index.js": "88888888",
  "zeta/package.json": manifest("zeta", "MIT"),
  "zeta/nested/package.json": manifest("zeta-nested"),
  "zeta/nested/index.js": "999999999",
  "zeta/z.js": "z",
};

const sizeOf = (...paths: string[]) =>
  paths.reduce((sum, path) => sum + Buffer.byteLength(tree[path] as string), 0);

const licenses = {
  MIT: {
    packages: 2,
    files: 11,
    bytes: sizeOf(
      "app/package.json",
      "app/index.js",
      "app/dist/esm/package.json",
      "app/dist/esm/index.js",
      "app/dist/esm/deep/er/index.js",
      "app/node_modules/broken/package.json",
      "app/node_modules/broken/index.js",
      "app/node_modules/shapeless/package.json",
      "app/node_modules/shapeless/index.js",
      "zeta/package.json",
      "zeta/z.js",
    ),
  },
  "(none)": {
    packages: 1,
    files: 4,
    bytes: sizeOf("outside.txt", "lib/outside.js", "zeta/nested/package.json", "zeta/nested/index.js"),
  },
  ISC: {
    packages: 1,
    files: 2,
    bytes: sizeOf("app/node_modules/@scope/inner/package.json", "app/node_modules/@scope/inner/a/b.js"),
  },
};

const deadLettersIn = (folder: string) => [
  { path: join(folder, "app/node_modules/broken/package.json"), reason: expect.stringContaining("JSON") },
  { path: join(folder, "app/node_modules/shapeless/package.json"), reason: "has a name that is no string" },
];

test.each([
  { flags: [] },
  { flags: ["--parallelism", "1", "--concurrency", "1"] },
  { flags: ["--parallelism", "4"] },
  { flags: ["--parallelism", "1", "--capacity", "1"] },
  { flags: ["--parallelism", "4", "--capacity", "1", "--concurrency", "3"] },
])(
  "with flags $flags each file counts in the nearest package above it that has a name",
  async ({ flags }) => {
    const folder = temporaryFolder(tree);

    const result = await runJson("census", "--dir", folder, ...flags);

    expect(result).toMatchObject({ files: 17, packages: 4, ledger: { balanced: true, deadLettered: 2 } });
    expect(Object.entries(result.licenses)).toEqual(Object.entries(licenses));
    expect(result.deadLetters).toEqual(deadLettersIn(folder));
  },
);

test.each([1, 4])(
  "with parallelism %i the order in which files come changes nothing",
  async (parallelism) => {
    const folder = temporaryFolder(tree);
    const found = await walked(folder);
    const { recordsPerSecond, ...expected } = await takeCensus(found, parallelism);

    const half = Math.floor(found.length / 2);
    const orders = [found.toReversed(), [...found.slice(half), ...found.slice(0, half)]];
    const results = await Promise.all(orders.map((order) => takeCensus(order, parallelism)));

    expect(expected.licenses).toEqual(licenses);
    expect(results).toEqual(orders.map(() => ({ ...expected, recordsPerSecond: expect.any(Number) })));
  },
);

test("a package.json above the walked folder describes none of its files", async () => {
  const folder = temporaryFolder({ "package.json": manifest("above", "MIT"), "src/a.js": "1" });

  const result = await runJson("census", "--dir", join(folder, "src"));

  expect(result).toMatchObject({ packages: 0, licenses: { "(none)": { packages: 0, files: 1, bytes: 1 } } });
});

test("links to a package.json and to a package are not followed", async () => {
  const folder = temporaryFolder({ "real/package.json": manifest("real", "MIT"), "other/a.js": "1" });
  symlinkSync(join(folder, "real/package.json"), join(folder, "other/package.json"));
  symlinkSync(join(folder, "real"), join(folder, "other/real"));

  const result = await runJson("census", "--dir", folder);

  expect(result).toMatchObject({
    files: 2,
    packages: 1,
    licenses: { MIT: { packages: 1, files: 1 }, "(none)": { packages: 0, files: 1 } },
  });
});

test("wordings of one licence count together, and what is none stays as it is written", async () => {
  const folder = temporaryFolder({
    "a/package.json": manifest("a", "Apache 2.0"),
    "b/package.json": manifest("b", "Apache-2.0"),
    "c/package.json": manifest("c", { type: "apache license version 2" }),
    "d/package.json": manifest("d", "UNLICENSED"),
    "e/package.json": manifest("e", "SEE LICENSE IN terms.txt"),
    "f/package.json": manifest("f", "Our Own"),
    "g/package.json": manifest("g"),
  });

  const result = await runJson("census", "--dir", folder);

  const packages = Object.entries(result.licenses as Record<string, { readonly packages: number }>);
  expect(Object.fromEntries(packages.map(([license, totals]) => [license, totals.packages]))).toEqual({
    "Apache-2.0": 3,
    UNLICENSED: 1,
    "SEE LICENSE IN terms.txt": 1,
    "Our Own": 1,
    "(none)": 1,
  });
  expect(result.licenseService).toEqual({ calls: 6, failures: 0 });
});

test("two copies of a package are two packages", async () => {
  const copy = manifest("same", "MIT");
  const folder = temporaryFolder({ "a/package.json": copy, "b/package.json": copy });

  const result = await runJson("census", "--dir", folder);

  expect(result).toMatchObject({ packages: 2, licenses: { MIT: { packages: 2, files: 2 } } });
});

test("a package.json that cannot be read is a dead letter, and the package above has its files", async () => {
  const folder = temporaryFolder({ "package.json": manifest("outer", "MIT"), "in/a.js": "1" });
  const [outer, inner] = [join(folder, "package.json"), join(folder, "in/package.json")];

  const result = await takeCensus([
    { path: inner, manifests: [inner, outer] },
    { path: join(folder, "in/a.js"), manifests: [inner, outer] },
    { path: outer, manifests: [outer] },
  ]);

  expect(result).toMatchObject({ files: 2, packages: 1, licenses: { MIT: { packages: 1, files: 2 } } });
  expect(result.deadLetters).toEqual([{ path: inner, reason: expect.stringContaining("ENOENT") }]);
});

test("a package.json of more than 1 MiB is counted as a file and as a dead letter", async () => {
  const folder = temporaryFolder({ "package.json": manifest("long", "x".repeat(1024 * 1024)) });

  const result = await runJson("census", "--dir", folder);

  expect(result).toMatchObject({ files: 1, packages: 0, licenses: { "(none)": { packages: 0, files: 1 } } });
  expect(result.deadLetters).toEqual([
    { path: join(folder, "package.json"), reason: "is longer than 1048576 bytes" },
  ]);
});

test("--max-files takes the packages of the files that it takes", async () => {
  const folder = temporaryFolder({ "a.js": "1", "b.js": "2", "package.json": manifest("sample", "MIT") });

  const result = await runJson("census", "--dir", folder, "--max-files", "2");

  expect(result.licenses).toEqual({ MIT: expect.objectContaining({ packages: 1, files: 2 }) });
});

test("the report for people ranks ten licences and names the broken package.json", async () => {
  const many = Array.from({ length: 11 }, (_, i) => [`p${i}/package.json`, manifest(`p${i}`, `L-${i}`)]);
  const folder = temporaryFolder({ ...tree, ...Object.fromEntries(many) });

  const { stdout } = await runExample("census", "--dir", folder);

  expect(stdout).toMatch(/^28 files, .+, 15 packages$/m);
  const table = stdout.slice(stdout.indexOf("licences by packages")).split("\n\n", 1)[0]?.split("\n") ?? [];
  expect(table[1]).toMatch(/^ {2}licence +packages +files +bytes$/);
  expect(table[2]).toMatch(/^ {2}MIT +2 +11 +\d+ B$/);
  expect(table).toHaveLength(12);
  expect(stdout).toContain("dead letters: 2\n  app/node_modules/broken/package.json: ");
});
