#!/usr/bin/env node
/**
 * Whether simulations run the same way on several versions of Node:
 *
 *     node scripts/traces.mjs [VERSION …]       by default 22 and 24, which npx fetches
 *
 * Runs the simulations of `simulation-traces.test.ts` on this Node and on each of the others, and compares the hashes
 * of everything that happened. Exits 1 when they differ.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const versions = process.argv.length > 2 ? process.argv.slice(2) : ["22", "24"];
const vitest = ["node_modules/vitest/vitest.mjs", "run", "--project", "tests/behaviour", "simulation-traces"];
const folder = mkdtempSync(join(tmpdir(), "sage-traces-"));

/** What the simulations come to on one Node. */
function tracesOn(name, command, args) {
  const file = join(folder, name);
  const run = spawnSync(command, args, { env: { ...process.env, SAGE_TRACES: file }, encoding: "utf8" });
  if (run.status !== 0) {
    process.stderr.write(`${run.stdout}${run.stderr}`);
    throw new Error(`the simulations failed on ${name}`);
  }
  return readFileSync(file, "utf8");
}

try {
  const here = tracesOn(process.version, process.execPath, vitest);
  const seeds = here.trim().split("\n").length;
  const digest = (traces) => createHash("sha256").update(traces).digest("hex").slice(0, 16);
  console.log(`${process.version}: ${seeds} seeds, ${digest(here)}`);
  for (const version of versions) {
    const traces = tracesOn(version, "npx", ["-y", `node@${version}`, ...vitest]);
    const same = traces === here;
    console.log(`node@${version}: ${seeds} seeds, ${digest(traces)}, ${same ? "the same" : "DIFFERENT"}`);
    if (!same) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
