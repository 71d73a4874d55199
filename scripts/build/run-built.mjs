/** Builds a workspace and then becomes one of its programs. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "./build.mjs";
import { ROOT } from "./run-node.mjs";

const SLOW_MS = 1500;

/**
 * Builds `dir` and runs its `program` in this very process, as if it had been started by
 * `node <dir>/<program> …args`: same standard streams, folder, signals and exit code, with nobody in between.
 * Standard output is the program's alone; the build speaks on standard error, when it is slow or fails.
 */
export async function runBuilt(dir, program, args) {
  const slow = setTimeout(() => console.error(`building ${dir} …`), SLOW_MS);
  const { ok, output } = await build([dir]);
  clearTimeout(slow);
  if (!ok) {
    console.error(output.trimEnd());
    console.error(`${dir} does not compile`);
    process.exitCode = 1;
    return;
  }
  const file = join(ROOT, dir, program);
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}
