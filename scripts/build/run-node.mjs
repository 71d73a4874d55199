/** Runs node and the tools of the root. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The arguments that make `node` run a tool of the root's devDependencies. */
export const tool = (name, file, ...args) => [join(ROOT, "node_modules", name, file), ...args];

/**
 * Runs `node …args` in the root and resolves to `{ ok, output }`. With `show` the output goes straight to the
 * screen, else it is kept for whoever needs it.
 */
export function runNode(args, { show = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: "1" },
      stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
    });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => output.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ ok: code === 0, output: Buffer.concat(output).toString() }));
  });
}
