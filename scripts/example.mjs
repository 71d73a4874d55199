#!/usr/bin/env node
/**
 * Runs an example: `node scripts/example.mjs NAME [flags…]`, where NAME is a folder of examples/src with a
 * main.ts. All flags are the example's own.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runBuilt } from "./build/run-built.mjs";
import { ROOT } from "./build/run-node.mjs";

const source = join(ROOT, "examples/src");
const examples = (existsSync(source) ? readdirSync(source) : [])
  .filter((name) => existsSync(join(source, name, "main.ts")))
  .sort();
const [name, ...rest] = process.argv.slice(2);

if (examples.includes(name)) {
  // pnpm hands on a `--` that npm would have taken away.
  await runBuilt("examples", `dist/${name}/main.js`, rest[0] === "--" ? rest.slice(1) : rest);
} else {
  const wish = name === undefined ? "name an example" : `there is no example "${name}"`;
  console.error(`${wish}: use one of ${examples.join(", ") || "(none yet)"}`);
  process.exitCode = 2;
}
