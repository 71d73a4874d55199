/**
 * Core's layers: imports point to the own or an earlier layer of packages/core/layers.json. The entry files
 * see every layer; nothing else lives outside a layer. Only `di.ts` loads the container.
 */
import { isTest } from "./repository.mjs";
import { packageName, resolveImport } from "./resolve.mjs";

const CORE = "packages/core/src/";
const LAYERS = "packages/core/layers.json";
const CONTAINER = new Set(["tsyringe", "reflect-metadata"]);
const DI = `${CORE}di.ts`;

/** @see ../fences.mjs for the shape of a fence. */
export const layers = {
  rule: "layers",
  unit: "core modules",
  check(repository, report) {
    const order = readOrder(repository, report);
    if (order === undefined) return 0;
    const core = repository.sources.filter(({ path }) => path.startsWith(CORE));
    for (const { path, imports } of core) {
      const place = placeOf(path, order);
      if (place.problem) report(path, place.problem, place.advice);
      for (const { specifier, typeOnly, line } of imports) {
        const where = `${path}:${line}`;
        if (specifier === undefined)
          report(where, "imports a computed path, which no rule can follow", "import a literal path");
        else if (!specifier.startsWith(".")) container(path, where, specifier, typeOnly, report);
        else {
          const target = resolveImport(repository, path, specifier).path;
          if (target.startsWith(CORE))
            direction(place, placeOf(target, order), where, typeOnly, order, report);
        }
      }
    }
    return core.length;
  },
};

function readOrder(repository, report) {
  if (!repository.exists(LAYERS)) {
    report(LAYERS, "does not exist", "list core's layers there, lowest first");
    return undefined;
  }
  const { layers: names, entries } = repository.readJson(LAYERS);
  return { names, entries };
}

/** `{ layer }`, `{ entry }`, or neither with the `problem`. */
function placeOf(path, { names, entries }) {
  const inside = path.slice(CORE.length);
  const slash = inside.indexOf("/");
  if (slash === -1) {
    const subject = inside.replace(/\.test\.ts$/, ".ts");
    if (entries.includes(subject)) return { entry: subject };
    if (inside.endsWith(".d.ts")) return { ambient: true };
    return { problem: "lies outside every layer", advice: `move it into one of ${names.join(", ")}` };
  }
  const layer = inside.slice(0, slash);
  if (names.includes(layer)) return { layer };
  return {
    problem: `"${layer}" is not a layer`,
    advice: `use one of ${names.join(", ")}, or add it to ${LAYERS}`,
  };
}

function direction(from, to, where, typeOnly, { names }, report) {
  if (from.layer !== undefined && to.entry !== undefined)
    report(where, `layer "${from.layer}" imports the entry file ${to.entry}`, "import the concrete file");
  if (from.entry !== undefined && from.entry !== "di.ts" && to.entry === "di.ts" && !typeOnly)
    report(where, `${from.entry} loads di.ts and with it the container`, "leave the container to di.ts");
  if (from.layer === undefined || to.layer === undefined) return;
  if (names.indexOf(to.layer) <= names.indexOf(from.layer)) return;
  report(
    where,
    `layer "${from.layer}" imports the later layer "${to.layer}"`,
    `declare the port in "${from.layer}" or earlier and let "${to.layer}" implement it`,
  );
}

function container(path, where, specifier, typeOnly, report) {
  if (!CONTAINER.has(packageName(specifier)) || typeOnly || path === DI || isTest(path)) return;
  report(where, `loads ${specifier} at run time`, `use \`import type\`, or move the composition to ${DI}`);
}
