/** Runs every vitest project once and counts its tests. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runNode, tool } from "../build/run-node.mjs";

/**
 * Resolves to `{ passed, failed, skipped }`. A test file that does not load, an error outside every test and a
 * run without tests each count as a failure. `--allowOnly=false`: a forgotten `.only` must not hide the rest.
 */
export async function runVitest() {
  const folder = mkdtempSync(join(tmpdir(), "sage-test-"));
  const file = join(folder, "results.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const args = tool("vitest", "vitest.mjs", "run", "--allowOnly=false", ...reporters);
    const { ok } = await runNode(args, { show: true });
    return count(file, ok);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function count(file, ok) {
  try {
    return countResults(JSON.parse(readFileSync(file, "utf8")), ok);
  } catch (error) {
    console.log(`vitest wrote no results: ${error.message}`);
    return { failed: 1 };
  }
}

/** Counts what vitest's JSON reporter wrote; `ok` says whether vitest itself was content. */
export function countResults(results, ok) {
  const unloaded = results.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && assertionResults.every((test) => test.status !== "failed"),
  ).length;
  const passed = results.numPassedTests;
  const failed = results.numFailedTests + unloaded;
  const skipped = results.numPendingTests + results.numTodoTests;
  if (passed + failed === 0) console.log("vitest ran no test");
  const hidden = failed === 0 && (!ok || passed === 0) ? 1 : 0;
  return { passed, failed: failed + hidden, skipped };
}
