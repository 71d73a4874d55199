#!/usr/bin/env node
/**
 * What the contracts of the testkit are worth: `node scripts/contracts.mjs`; with `--write` it writes all promises to
 * docs/contracts.md instead.
 *
 * Builds the testkit, runs every case of every contract against every mutant, and prints the cases with the mutants
 * that each catches, then the mutants with the cases that catch them. Exits 1 when a case catches none, when a mutant
 * survives, or when the reference breaks a promise. A contract is added in packages/testkit/src/suites.ts.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "./build/build.mjs";
import { ROOT } from "./build/run-node.mjs";

const TESTKIT = "packages/testkit";

const rows = (entries) => {
  const width = Math.max(0, ...entries.map(([id]) => id.length));
  return entries.map(([id, title, by]) => `  ${id.padEnd(width)}  ${title}\n${" ".repeat(width + 6)}${by}`);
};

const list = (ids) => (ids.length > 0 ? ids.join(" ") : "NONE");

function print({ contract, cases, mutants, problems }) {
  console.log(`\n${contract}: ${cases.length} cases, ${mutants.length} mutants\n`);
  for (const row of rows(cases.map(({ id, title, catches }) => [id, title, `catches ${list(catches)}`])))
    console.log(row);
  console.log("");
  for (const row of rows(
    mutants.map(({ id, title, caughtBy }) => [id, title, `caught by ${list(caughtBy)}`]),
  ))
    console.log(row);
  for (const problem of problems) console.log(`\nPROBLEM ${problem}`);
}

const { ok, output } = await build([TESTKIT]);
if (!ok) {
  console.error(`${output.trimEnd()}\n${TESTKIT} does not compile`);
  process.exitCode = 1;
} else {
  const { contractSuites, contractsPage } = await import(
    pathToFileURL(join(ROOT, TESTKIT, "dist/index.js")).href
  );
  if (process.argv.includes("--write")) {
    writeFileSync(join(ROOT, "docs/contracts.md"), contractsPage(contractSuites));
  } else await checkAll(contractSuites);
}

async function checkAll(contractSuites) {
  const counts = { cases: 0, mutants: 0, problems: 0 };
  for (const suite of contractSuites) {
    const report = await suite.check();
    print(report);
    for (const what of Object.keys(counts)) counts[what] += report[what].length;
  }
  const summary = `${contractSuites.length} contracts, ${counts.cases} cases, ${counts.mutants} mutants`;
  console.log(`\n${summary}, ${counts.problems} problems`);
  process.exitCode = counts.problems === 0 ? 0 : 1;
}
