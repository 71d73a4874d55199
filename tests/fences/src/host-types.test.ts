import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { node, REPOSITORY } from "./run.ts";
import { type Files, writeFiles } from "./sound-repository.ts";

const ours = (path: string) => readFileSync(join(REPOSITORY, path), "utf8");

/** Compiles with core's own settings and ambient declarations, and with nothing else of core. */
function compileInCore(code: string) {
  return compile("packages/core", {
    "tsconfig.base.json": ours("tsconfig.base.json"),
    "packages/core/tsconfig.json": ours("packages/core/tsconfig.json"),
    "packages/core/src/abort.d.ts": ours("packages/core/src/abort.d.ts"),
    "packages/core/src/planted.ts": code,
  });
}

function compile(project: string, files: Files) {
  const { root, remove } = writeFiles({ "package.json": '{ "type": "module" }', ...files });
  onTestFinished(remove);
  return node("node_modules/typescript/bin/tsc", "-p", join(root, project));
}

const SIGNAL_USER = `export function watch(signal: AbortSignal, wake: () => void): AbortSignal {
  signal.throwIfAborted();
  signal.addEventListener("abort", wake, { once: true });
  signal.removeEventListener("abort", wake);
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  return controller.signal;
}
`;

test("core compiles what it needs of AbortSignal and AbortController", () => {
  expect(compileInCore(SIGNAL_USER)).toEqual({ code: 0, lines: [""] });
});

describe("the host does not compile in core:", () => {
  test.each([
    ["setTimeout", "setTimeout(() => {}, 1);"],
    ["process", "export const pid: number = process.pid;"],
    ["fetch", 'export const page: unknown = fetch("https://example.org");'],
    ["console", 'console.log("x");'],
    ["Buffer", "export const bytes: unknown = Buffer.alloc(1);"],
    ["node:fs", 'import "node:fs";'],
    ["queueMicrotask", "queueMicrotask(() => {});"],
    ["performance", "export const now: number = performance.now();"],
    ["structuredClone", "export const copy: unknown = structuredClone({});"],
  ])("%s", (name, code) => {
    const { code: exit, lines } = compileInCore(code);

    expect(lines[0]).toMatch(new RegExp(`planted\\.ts.*error TS\\d+: Cannot find .*'${name}'`));
    expect(exit).not.toBe(0);
  });
});

test.each([
  ["Node's types", { types: ["node"], lib: ["es2023"] }],
  ["a browser's", { types: [], lib: ["es2023", "dom"] }],
])("core's declarations of AbortSignal merge with %s", (_, settings) => {
  const compilerOptions = {
    ...settings,
    typeRoots: [join(REPOSITORY, "node_modules/@types")],
    module: "nodenext",
    target: "es2023",
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  };

  const ending = compile("adapter", {
    "adapter/tsconfig.json": JSON.stringify({ compilerOptions, include: ["."] }),
    "adapter/abort.d.ts": ours("packages/core/src/abort.d.ts"),
    "adapter/core.ts": SIGNAL_USER,
    "adapter/adapter.ts": `import { watch } from "./core.js";
      export const ended = watch(AbortSignal.timeout(1), () => setTimeout(() => {}, 1));
      export const page = fetch("https://example.org", { signal: ended });`,
  });

  expect(ending).toEqual({ code: 0, lines: [""] });
});
