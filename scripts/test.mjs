#!/usr/bin/env node
/**
 * The test command: `node scripts/test.mjs [--deep]`.
 *
 * Builds, lints, looks at the fences and the types, runs all tests. Every step and every test counts as one
 * check; a failing one does not keep the others from running. The last line is `N passed, N failed`, and the
 * exit code is 1 when anything failed or no test ran. `--deep` sets SAGE_DEEP=1, which makes property and
 * simulation tests search longer.
 */
import { parseArgs } from "node:util";
import { stepsAfter, stepsBefore } from "./test/steps.mjs";
import { Tally } from "./test/tally.mjs";
import { runVitest } from "./test/vitest-step.mjs";

const { values } = parseArgs({ options: { deep: { type: "boolean", default: false } } });
if (values.deep) process.env.SAGE_DEEP = "1";
const tally = new Tally();

async function take({ title, run, show = false }) {
  const start = performance.now();
  const { ok, output } = await run().catch((error) => ({ ok: false, output: error.stack }));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${ok ? "ok  " : "FAIL"} ${title} (${seconds} s)`);
  if (!ok || show) console.log(output.trimEnd().replace(/^/gm, "     "));
  tally.add(ok ? { passed: 1 } : { failed: 1 });
}

for (const step of stepsBefore()) await take(step);
tally.add(await runVitest());
for (const step of stepsAfter()) await take(step);
console.log(tally.summary);
process.exitCode = tally.ok ? 0 : 1;
