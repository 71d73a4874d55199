/**
 * Who may import whom: adapters and the testkit know core's entry files only, and adapters the codec; core knows none of ours and no
 * `node:*`, nobody reaches into another workspace's folders, and one file of each adapter touches a technology.
 */
import { isTest } from "./repository.mjs";
import { packageName, resolveImport } from "./resolve.mjs";

const CORE = "@sage-kernel/core";
const TESTKIT = "@sage-kernel/testkit";
const CODEC = "@sage-kernel/codec";
const TECHNOLOGIES = ["ioredis", "ws", "pino"];

/** @see ../fences.mjs for the shape of a fence. */
export const packages = {
  rule: "packages",
  unit: "package modules",
  check(repository, report) {
    let seen = 0;
    for (const { path, imports } of repository.sources) {
      const home = repository.workspaceOf(path);
      if (home === undefined) continue;
      if (home.dir.startsWith("packages/")) seen++;
      for (const { specifier, line } of imports) {
        const target = resolveImport(repository, path, specifier);
        const problem = refusal(repository, home, path, specifier, target);
        if (problem) report(`${path}:${line}`, problem[0], problem[1]);
      }
    }
    for (const home of repository.workspaces) technologies(repository, home, report);
    return seen;
  },
};

/** `[what is wrong, what to do instead]`, or undefined. */
function refusal(repository, home, path, specifier, target) {
  if (target.kind === "file") return trespass(repository, home, target);
  if (target.kind === "node" && home.name === CORE && !isTest(path))
    return [
      `core imports ${specifier}`,
      "declare what it needs as a port in core/src/host; an adapter implements it",
    ];
  if (target.kind !== "workspace") return undefined;
  if (home.dir.startsWith("packages/") && !mayKnow(home, path, target))
    return [
      `${home.name} imports ${specifier}`,
      home.name === CORE
        ? "core knows none of ours: turn the dependency round with a port"
        : `depend on ${CORE} only`,
    ];
  if (target.path === undefined && !target.workspace.isPrivate)
    return [
      `${specifier} is not an entry of ${target.name}`,
      `use ${[...target.workspace.doors.keys()].join(" or ")}`,
    ];
  return undefined;
}

function mayKnow(home, path, target) {
  if (home.name === CORE) return false;
  if (target.name === CORE) return true;
  if (target.name === CODEC && home.dir.startsWith("packages/adapter-")) return true;
  return isTest(path) && target.name === TESTKIT && home.name !== TESTKIT;
}

/** A relative path stays in its workspace; private ones may also use the root's scripts. */
function trespass(repository, home, { path }) {
  if (path.startsWith("../"))
    return [`"${path}" lies outside the repository`, "import a package by its name"];
  const owner = repository.workspaceOf(path);
  if (owner === undefined || owner === home || (owner.dir === "" && home.isPrivate)) return undefined;
  return [`reaches into ${owner.dir || "the root"} by a relative path`, `import ${owner.name} by its name`];
}

function technologies(repository, home, report) {
  if (!home.dir.startsWith("packages/adapter-")) return;
  for (const technology of TECHNOLOGIES) {
    const users = repository.sources.filter(
      ({ path, imports }) =>
        path.startsWith(`${home.dir}/src/`) &&
        !isTest(path) &&
        imports.some(({ specifier }) => specifier !== undefined && packageName(specifier) === technology),
    );
    for (const { path } of users.slice(1))
      report(
        path,
        `imports ${technology}, and so does ${users[0].path}`,
        "keep it behind one narrow inner interface",
      );
  }
}
