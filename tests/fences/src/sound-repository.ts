/** The smallest repository that every fence is content with, and copies of it with something planted. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Paths to contents; `undefined` leaves a file out. */
export type Files = Record<string, string | undefined>;

const manifest = (name: string, fields: object = {}) => JSON.stringify({ name, version: "0.0.0", ...fields });

const SOUND: Files = {
  "package.json": manifest("sound", { private: true }),
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n  - examples\n",
  "packages/core/package.json": manifest("@sage-kernel/core", {
    exports: {
      ".": { "@sage-kernel/source": "./src/index.ts" },
      "./spi": { "@sage-kernel/source": "./src/spi.ts" },
      "./di": { "@sage-kernel/source": "./src/di.ts" },
    },
    dependencies: { tsyringe: "*", "reflect-metadata": "*" },
    devDependencies: { vitest: "*" },
  }),
  "packages/core/layers.json": JSON.stringify({
    layers: ["errors", "queue", "task"],
    entries: ["index.ts", "spi.ts", "di.ts"],
  }),
  "packages/core/src/index.ts": 'export { Task } from "./task/task.ts";\n',
  "packages/core/src/spi.ts": 'export type { Queue } from "./queue/queue.port.ts";\n',
  "packages/core/src/di.ts": [
    'import "reflect-metadata";',
    'import { container } from "tsyringe";',
    "/** A container of its own. */",
    "export const createChild = () => container.createChildContainer();",
  ].join("\n"),
  "packages/core/src/errors/sage-error.ts":
    "/** The base of all errors. */\nexport class SageError extends Error {}\n",
  "packages/core/src/queue/queue.port.ts": [
    'import type { SageError } from "../errors/sage-error.ts";',
    "/** An inbox. */",
    "export interface Queue {",
    "  /** Ends it. */",
    "  close(reason?: SageError): void;",
    "}",
  ].join("\n"),
  "packages/core/src/task/task.ts": [
    'import type { DependencyContainer } from "tsyringe";',
    'import type { Queue } from "../queue/queue.port.ts";',
    "/** A loop. Its method and its parameter only share a name with the host's. */",
    "export class Task {",
    "  declare inbox: Queue;",
    "  declare container: DependencyContainer;",
    '  readonly text = "setTimeout(console.log)";',
    "  process(process: Date) { return process instanceof Date && new Date(+process) && Math.max(1, 2); }",
    "}",
  ].join("\n"),
  "packages/core/src/task/task.test.ts":
    'import { test } from "vitest";\ntest("x", () => setTimeout(() => {}));\n',
  "packages/adapter-local/package.json": manifest("@sage-kernel/adapter-local", {
    exports: { ".": { "@sage-kernel/source": "./src/index.ts" } },
    dependencies: { "@sage-kernel/core": "*", pino: "*" },
    devDependencies: { "@sage-kernel/testkit": "*" },
  }),
  "packages/adapter-local/src/index.ts": 'export { createLog } from "./log.ts";\nimport "node:fs";\n',
  "packages/adapter-local/src/log.ts": [
    'import { SageError } from "@sage-kernel/core";',
    'import type { Queue } from "@sage-kernel/core/spi";',
    'import pino from "pino";',
    "/** A log. */",
    "export const createLog = (queue: Queue) => [pino(), queue, SageError];",
  ].join("\n"),
  "packages/adapter-local/src/log.test.ts":
    'import { queueContract } from "@sage-kernel/testkit";\nqueueContract();\n',
  "packages/adapter-redis/package.json": manifest("@sage-kernel/adapter-redis", {
    exports: { ".": { "@sage-kernel/source": "./src/index.ts" } },
    dependencies: { "@sage-kernel/core": "*" },
  }),
  "packages/adapter-redis/src/index.ts": 'export type { Queue } from "@sage-kernel/core/spi";\n',
  "packages/testkit/package.json": manifest("@sage-kernel/testkit", {
    exports: { ".": { "@sage-kernel/source": "./src/index.ts" } },
    dependencies: { "@sage-kernel/core": "*" },
  }),
  "packages/testkit/src/index.ts": "/** A contract. */\nexport const queueContract = () => {};\n",
};

/** Writes files below a fresh folder; `remove` deletes it. */
export function writeFiles(files: Files): { root: string; remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), "sage-fences-"));
  for (const [path, content] of Object.entries(files)) {
    if (content === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** The sound repository with `planted` written over it. */
export const repositoryWith = (planted: Files) => writeFiles({ ...SOUND, ...planted });
