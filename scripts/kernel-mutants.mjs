#!/usr/bin/env node
/**
 * Whether the tests would notice a fault in the kernel:
 *
 *     node scripts/kernel-mutants.mjs [--only TEXT] [--write]
 *
 * Plants the faults of kernel/mutants.mjs into a copy of the repository, one at a time, and runs on each: the tests of
 * core that have to do with the file, the contracts and the testkit's own tests, the behaviours, and, in any case, the
 * simulations. The first test that fails has caught it. `--write` puts the result into docs/kernel-mutants.md. Exits 1
 * when a fault survives. It takes about a minute for each fault.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { ROOT, runNode, tool } from "./build/run-node.mjs";
import { kernelMutants } from "./kernel/mutants.mjs";

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, write: { type: "boolean", default: false } },
});
const copy = mkdtempSync(join(tmpdir(), "sage-kernel-mutants-"));
const results = join(copy, "results.json");

/** Copies what the tests need; what was installed is linked. */
function copyRepository() {
  const left = new Set(["node_modules", ".git", "bench"]);
  cpSync(ROOT, copy, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !left.has(relative(ROOT, path)) && basename(path) !== "dist",
  });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
}

/** Runs tests up to the first that fails; answers its file and name, or undefined when none does. */
function firstFailure(...selection) {
  rmSync(results, { force: true });
  const args = [
    "node_modules/vitest/vitest.mjs",
    ...selection,
    "--bail=1",
    "--reporter=json",
    `--outputFile=${results}`,
  ];
  const run = spawnSync(process.execPath, args, {
    cwd: copy,
    encoding: "utf8",
    timeout: 240_000,
    killSignal: "SIGKILL",
  });
  if (run.status === 0) return undefined;
  if (run.error !== undefined) return { file: selection.join(" "), name: "does not end" };
  const { testResults } = JSON.parse(readFileSync(results, "utf8"));
  for (const { name: path, assertionResults, message } of testResults) {
    const failed = assertionResults.find(({ status }) => status === "failed");
    const file = relative(copy, path);
    if (failed !== undefined) return { file, name: failed.fullName };
    if (message !== "") return { file, name: message.split("\n", 1)[0] };
  }
  throw new Error(`vitest failed without a failing test:\n${run.stdout}${run.stderr}`);
}

const suites = (file) => [
  ["core's own tests", ["related", "--run", file, "--project", "packages/core"]],
  ["contracts", ["run", "--project", "packages/testkit", "--project", "packages/adapter-local"]],
  ["behaviours", ["run", "--project", "tests/behaviour"]],
];

/** What becomes of one fault. */
function outcomeOf({ title, file, from, to }) {
  const path = join(copy, "packages/core/src", file);
  const source = readFileSync(path, "utf8");
  if (source.split(from).length !== 2) throw new Error(`"${title}": ${file} does not have its text once`);
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  try {
    let caught;
    for (const [suite, selection] of suites(path)) {
      const failure = firstFailure(...selection);
      if (failure === undefined) continue;
      caught = { suite, ...failure };
      break;
    }
    const simulated = firstFailure(
      "run",
      "--project",
      "tests/behaviour",
      "simulations-on-fakes",
      "simulated-services",
    );
    return { title, file, caught, simulated: simulated !== undefined };
  } finally {
    writeFileSync(path, source);
  }
}

const cell = (text) => text.replaceAll("|", "\\|");

function page(outcomes) {
  const caught = outcomes.filter((outcome) => outcome.caught !== undefined).length;
  const simulated = outcomes.filter((outcome) => outcome.simulated).length;
  const rows = outcomes.map(
    ({ title, file, caught: by, simulated: seen }) =>
      `| ${cell(title)} | ${file} | ${by === undefined ? "**survives**" : `${by.suite}: ${cell(by.name)}`} | ${seen ? "yes" : "no"} |`,
  );
  return `# Faults planted into the kernel

\`node scripts/kernel-mutants.mjs --write\` plants small faults into core, one at a time, and runs the tests: the first one
that fails has caught the fault. The simulations, 140 random pipelines and 120 with services, run on each as well.

Caught: ${caught} of ${outcomes.length}. The simulations alone would have caught ${simulated} of ${outcomes.length}: the others show in exact
times and limits, in numbers that are published, in single user functions, or only beside a second fault.

| fault | in | caught by | seen in simulation |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

try {
  copyRepository();
  const chosen = kernelMutants.filter(({ title }) => title.includes(values.only));
  const outcomes = [];
  for (const mutant of chosen) {
    const outcome = outcomeOf(mutant);
    outcomes.push(outcome);
    const { caught } = outcome;
    const by = caught === undefined ? "SURVIVES" : `${caught.suite}: ${caught.file}: ${caught.name}`;
    console.log(
      `${mutant.title} (${mutant.file})\n  ${by}\n  in simulation: ${outcome.simulated ? "seen" : "not seen"}`,
    );
  }
  const survivors = outcomes.filter(({ caught }) => caught === undefined).length;
  console.log(`${outcomes.length - survivors} of ${outcomes.length} caught`);
  if (values.write) {
    const file = join(ROOT, "docs/kernel-mutants.md");
    writeFileSync(file, page(outcomes));
    await runNode(tool("@biomejs/biome", "bin/biome", "format", "--write", file));
  }
  process.exitCode = survivors === 0 && outcomes.length > 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
