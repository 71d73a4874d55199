/** Compiles workspaces with what they refer to, and says nothing unless asked. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findWorkspaces } from "../fences/workspaces.mjs";
import { withLock } from "./lock.mjs";
import { ROOT, runNode, tool } from "./run-node.mjs";

/** The workspaces that compile to a `dist`: those with a tsconfig.json and some source. */
export const builtWorkspaces = () =>
  findWorkspaces(ROOT)
    .map(({ dir }) => dir)
    .filter((dir) => dir !== "" && !dir.startsWith("tests/"))
    .filter((dir) => existsSync(join(ROOT, dir, "tsconfig.json")) && hasSource(dir));

/**
 * Builds the folders and the projects they refer to. Two builds of one checkout wait for each other.
 * Resolves to `{ ok, output }`: never rejects because code does not compile.
 */
export function build(dirs) {
  return withLock(join(ROOT, "node_modules/.sage-build.lock"), () => {
    for (const { dir } of findWorkspaces(ROOT)) forgetMissingOutput(dir);
    return runNode(tool("typescript", "bin/tsc", "-b", ...dirs.map((dir) => join(ROOT, dir))));
  });
}

function hasSource(dir) {
  const source = join(ROOT, dir, "src");
  return existsSync(source) && readdirSync(source, { recursive: true }).some((file) => file.endsWith(".ts"));
}

/** `tsc -b` trusts its notes and would not write a `dist` again that somebody has deleted. */
function forgetMissingOutput(dir) {
  if (!existsSync(join(ROOT, dir, "dist"))) rmSync(join(ROOT, dir, "tsconfig.tsbuildinfo"), { force: true });
}
