import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fences, fencesWith } from "./run.ts";
import { type Files, repositoryWith, writeFiles } from "./sound-repository.ts";

const TASK = "packages/core/src/task/task.ts";
const QUEUE = "packages/core/src/queue/queue.port.ts";
const ERRORS = "packages/core/src/errors/sage-error.ts";
const LOCAL = "packages/adapter-local/src/index.ts";
const REDIS = "packages/adapter-redis/src/index.ts";
const TESTKIT = "packages/testkit/src/index.ts";

test("a sound repository passes, and every fence says how much it saw", () => {
  const { code, lines } = fencesWith({});

  expect(lines).toEqual([
    expect.stringMatching(
      /^fences saw: syntax 12 files, file-size 12 files, layers 7 core modules, cycles 12 modules, packages 12 package modules, declared \d+ package imports, host 6 core modules, docs 6 exported declarations$/,
    ),
  ]);
  expect(code).toBe(0);
});

test("fences that see nothing fail, each by name", () => {
  const { root, remove } = writeFiles({ "README.md": "nothing here" });
  onTestFinished(remove);

  const { code, lines } = fences(root);

  expect(code).toBe(1);
  for (const rule of ["syntax", "file-size", "layers", "cycles", "packages", "declared", "host", "docs"])
    expect(lines).toContainEqual(expect.stringContaining(`: ${rule}: saw no `));
});

test("in a checkout new files count and ignored ones do not", () => {
  const { root, remove } = repositoryWith({ ".gitignore": "ignored/\n" });
  onTestFinished(remove);
  execFileSync("git", ["init", "--quiet", root]);
  for (const folder of ["ignored", "new"]) {
    mkdirSync(join(root, folder));
    writeFileSync(join(root, folder, "long.mjs"), "\n".repeat(301));
  }

  const { lines } = fences(root);

  expect(lines.slice(0, -1)).toEqual([expect.stringMatching(/^new\/long\.mjs: file-size: 301 lines/)]);
});

describe("each of these is refused, and nothing else with it:", () => {
  const cases: { what: string; plant: Files; at: string; rule: string }[] = [
    {
      what: "a file of more than 300 lines",
      plant: { "examples/long.ts": "// x\n".repeat(301) },
      at: "examples/long.ts",
      rule: "file-size",
    },
    { what: "a file that does not parse", plant: { [LOCAL]: "const = ;" }, at: LOCAL, rule: "syntax" },
    {
      what: "a layer that imports a later one",
      plant: { [ERRORS]: 'import "../queue/other.ts";', "packages/core/src/queue/other.ts": "" },
      at: `${ERRORS}:1`,
      rule: "layers",
    },
    {
      what: "a type of a later layer, imported over several lines",
      plant: {
        [ERRORS]: 'import type {\n  Other,\n} from "../queue/other.ts";',
        "packages/core/src/queue/other.ts": "",
      },
      at: `${ERRORS}:1`,
      rule: "layers",
    },
    {
      what: "an import() of a later layer inside a type",
      plant: {
        [ERRORS]: 'type Other = import("../queue/other.ts").Other;',
        "packages/core/src/queue/other.ts": "",
      },
      at: `${ERRORS}:1`,
      rule: "layers",
    },
    {
      what: "a re-export of a later layer",
      plant: { [ERRORS]: 'export * from "../queue/other.ts";', "packages/core/src/queue/other.ts": "" },
      at: `${ERRORS}:1`,
      rule: "layers",
    },
    {
      what: "a computed import in core",
      plant: { [ERRORS]: "await import(String(1));" },
      at: `${ERRORS}:1`,
      rule: "layers",
    },
    {
      what: "a folder of core that is no layer",
      plant: { "packages/core/src/utils/x.ts": "" },
      at: "packages/core/src/utils/x.ts",
      rule: "layers",
    },
    {
      what: "a file of core outside the layers",
      plant: { "packages/core/src/x.ts": "" },
      at: "packages/core/src/x.ts",
      rule: "layers",
    },
    {
      what: "a layer that imports an entry file",
      plant: { [TASK]: 'import "../spi.ts";' },
      at: `${TASK}:1`,
      rule: "layers",
    },
    {
      what: "tsyringe at run time outside di.ts",
      plant: { [TASK]: 'import { container } from "tsyringe";' },
      at: `${TASK}:1`,
      rule: "layers",
    },
    {
      what: "an import of tsyringe of which only the names are types, because it still loads it",
      plant: { [TASK]: 'import { type DependencyContainer } from "tsyringe";' },
      at: `${TASK}:1`,
      rule: "layers",
    },
    {
      what: "an index.ts that loads the container through di.ts",
      plant: { "packages/core/src/index.ts": 'export { createChild } from "./di.ts";' },
      at: "packages/core/src/index.ts:1",
      rule: "layers",
    },
    {
      what: "an import cycle",
      plant: { "examples/a.ts": 'import "./b.ts";', "examples/b.ts": 'import "./a.ts";' },
      at: "examples/a.ts",
      rule: "cycles",
    },
    {
      what: "an import cycle of types only",
      plant: {
        "packages/core/src/queue/a.ts": 'import type { B } from "./b.ts";',
        "packages/core/src/queue/b.ts": 'export type { A } from "./a.ts";',
      },
      at: "packages/core/src/queue/a.ts",
      rule: "cycles",
    },
    {
      what: "an import of no file",
      plant: { [LOCAL]: 'import "./gone.ts";' },
      at: `${LOCAL}:1`,
      rule: "cycles",
    },
    {
      what: "an adapter that imports an adapter",
      plant: {
        [REDIS]: 'import "@sage-kernel/adapter-local";',
        ...declaring("adapter-redis", "@sage-kernel/adapter-local"),
      },
      at: `${REDIS}:1`,
      rule: "packages",
    },
    {
      what: "an adapter whose shipped code imports the testkit",
      plant: {
        [REDIS]: 'import "@sage-kernel/testkit";',
        ...declaring("adapter-redis", "@sage-kernel/testkit"),
      },
      at: `${REDIS}:1`,
      rule: "packages",
    },
    {
      what: "a deep path into core",
      plant: { [REDIS]: 'import "@sage-kernel/core/src/task/task.ts";' },
      at: `${REDIS}:1`,
      rule: "packages",
    },
    {
      what: "a relative path into core",
      plant: { [TESTKIT]: 'import "../../core/src/task/task.ts";\n/** X. */\nexport const x = 1;' },
      at: `${TESTKIT}:1`,
      rule: "packages",
    },
    {
      what: "core that imports node:*",
      plant: { [TASK]: 'import type { Readable } from "node:stream";' },
      at: `${TASK}:1`,
      rule: "packages",
    },
    {
      what: "a second file that imports pino",
      plant: { [LOCAL]: 'import type { Logger } from "pino";' },
      at: "packages/adapter-local/src/log.ts",
      rule: "packages",
    },
    {
      what: "a package that is not declared",
      plant: { [TESTKIT]: 'import "zod/mini";\n/** X. */\nexport const x = 1;' },
      at: `${TESTKIT}:1`,
      rule: "declared",
    },
    {
      what: "shipped code that needs a development dependency",
      plant: { [TASK]: 'import type { Test } from "vitest";' },
      at: `${TASK}:1`,
      rule: "declared",
    },
    ...[
      "Date.now()",
      "new Date()",
      "Date()",
      "const { now } = Date",
      "Math.random()",
      "const { random } = Math",
    ]
      .concat(["setTimeout(() => {})", "console.log(1)", "process.exit()", "globalThis.x", "fetch('x')"])
      .map((code) => ({
        what: `\`${code}\` in core`,
        plant: { [TASK]: `\n${code};` },
        at: `${TASK}:2`,
        rule: "host",
      })),
    {
      what: "a reference to ambient types in core",
      plant: { [TASK]: '/// <reference types="node" />' },
      at: `${TASK}:1`,
      rule: "host",
    },
    ...[
      "export const x = 1;",
      "export function f() {}",
      "class C {}\nexport { C };",
      "/** */\nexport type T = 1;",
    ]
      .concat(["/* no doc comment */ export class D {}", "/** Not above it. */ 1; export default class {}"])
      .map((code) => ({
        what: `an undocumented export, ${JSON.stringify(code)}`,
        plant: { [TASK]: code },
        at: TASK,
        rule: "docs",
      })),
    {
      what: "an undocumented member of a port",
      plant: { [QUEUE]: "/** An inbox. */\nexport interface Queue {\n  close(): void;\n}" },
      at: `${QUEUE}:3`,
      rule: "docs",
    },
  ];

  test.each(cases)("$what", ({ plant, at, rule }) => {
    const { code, lines } = fencesWith(plant);

    expect(lines.slice(0, -1)).toEqual([
      expect.stringMatching(new RegExp(`^${at}(:\\d+)?: ${rule}: .+; .+`)),
    ]);
    expect(code).toBe(1);
  });
});

/** A manifest that declares one more dependency, so that only the fence under test has a say. */
function declaring(folder: string, dependency: string): Files {
  const exports = { ".": { "@sage-kernel/source": "./src/index.ts" } };
  const dependencies = { "@sage-kernel/core": "*", [dependency]: "*" };
  return {
    [`packages/${folder}/package.json`]: JSON.stringify({
      name: `@sage-kernel/${folder}`,
      exports,
      dependencies,
    }),
  };
}
