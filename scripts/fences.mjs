#!/usr/bin/env node
/**
 * The repository's fences: rules on files and imports that no compiler checks.
 *
 *     node scripts/fences.mjs [--root DIR]
 *
 * Prints one line for each violation, `path:line: rule: what is wrong; what to do instead`, and how much each
 * fence saw. Exits 1 on any violation, and when a fence saw nothing: it would be passing by looking away.
 *
 * A fence is `{ rule, unit, check(repository, report) }`: `check` calls `report(path, wrong, instead)` for each
 * violation and returns how many `unit`s it looked at.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cycles } from "./fences/cycles.mjs";
import { declared } from "./fences/declared.mjs";
import { docs } from "./fences/docs.mjs";
import { fileSize } from "./fences/file-size.mjs";
import { host } from "./fences/host.mjs";
import { layers } from "./fences/layers.mjs";
import { packages } from "./fences/packages.mjs";
import { readRepository } from "./fences/repository.mjs";
import { syntax } from "./fences/syntax.mjs";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({ options: { root: { type: "string", default: HERE } } });
const repository = readRepository(resolve(values.root));
const violations = [];
const saw = [syntax, fileSize, layers, cycles, packages, declared, host, docs].map(
  ({ rule, unit, check }) => {
    const seen = check(repository, (path, wrong, instead) =>
      violations.push(`${path}: ${rule}: ${wrong}; ${instead}`),
    );
    if (seen === 0) violations.push(`${values.root}: ${rule}: saw no ${unit}; run it where the code is`);
    return `${rule} ${seen} ${unit}`;
  },
);
for (const violation of new Set(violations)) console.log(violation);
console.log(`fences saw: ${saw.join(", ")}`);
process.exitCode = violations.length === 0 ? 0 : 1;
