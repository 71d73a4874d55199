/** The checks of a test run, in their order. A step is `{ title, run() }`; `run` resolves to `{ ok, output }`. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build, builtWorkspaces } from "../build/build.mjs";
import { ROOT, runNode, tool } from "../build/run-node.mjs";
import { findWorkspaces } from "../fences/workspaces.mjs";
import { chromiumStep } from "./chromium.mjs";
import { redisServerStep } from "./redis-server.mjs";

/** What comes before vitest. */
export const stepsBefore = () => [
  { title: "build", run: () => build(builtWorkspaces()) },
  {
    title: "lint",
    run: () => runNode(tool("@biomejs/biome", "bin/biome", "check", "--error-on-warnings", ".")),
  },
  { title: "fences", run: () => runNode(["scripts/fences.mjs"]), show: true },
  ...typeSteps(),
  { ...redisServerStep, show: true },
  { ...chromiumStep, show: true },
];

/** What comes after it. */
export const stepsAfter = () => {
  const programs = filesUnder("tests", ".node-test.mjs");
  return [
    ...(programs.length > 0 ? [{ title: "node --test", run: () => runNode(["--test", ...programs]) }] : []),
    ...(existsSync(join(ROOT, "scripts/check-docs.mjs"))
      ? [{ title: "docs", run: () => runNode(["scripts/check-docs.mjs"]) }]
      : []),
  ];
};

/** One step for each workspace that has tests: vitest itself never looks at types. */
function typeSteps() {
  return findWorkspaces(ROOT).flatMap(({ dir }) => {
    if (dir === "" || filesUnder(dir, ".test.ts").length === 0) return [];
    const config = [`${dir}/tsconfig.test.json`, dir.startsWith("tests/") ? `${dir}/tsconfig.json` : ""].find(
      (path) => path !== "" && existsSync(join(ROOT, path)),
    );
    return [{ title: `types of the tests in ${dir}`, run: () => checkTypes(dir, config) }];
  });
}

async function checkTypes(dir, config) {
  if (config !== undefined) return runNode(tool("typescript", "bin/tsc", "--noEmit", "-p", config));
  const missing = dir.startsWith("tests/") ? "tsconfig.json" : "tsconfig.test.json";
  return { ok: false, output: `${dir} has tests and no ${missing}, so nothing checks their types` };
}

function filesUnder(folder, ending) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name === "dist") return [];
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesUnder(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}
