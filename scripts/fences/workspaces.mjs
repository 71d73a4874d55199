/** The workspaces of a pnpm monorepo, the root among them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Finds every workspace named by `packages:` in pnpm-workspace.yaml (`folder` and `folder/*` patterns).
 * The root, whose `dir` is "", comes last.
 */
export function findWorkspaces(root) {
  const dirs = patterns(root).flatMap((pattern) =>
    pattern.endsWith("/*") ? folders(root, pattern.slice(0, -2)) : [pattern],
  );
  return [...dirs.sort(), ""].flatMap((dir) => {
    const manifest = join(root, dir, "package.json");
    return existsSync(manifest) ? [workspace(dir, JSON.parse(readFileSync(manifest, "utf8")))] : [];
  });
}

function workspace(dir, manifest) {
  const names = (...kinds) => new Set(kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})));
  return {
    dir,
    name: manifest.name ?? dir,
    isPrivate: manifest.private === true,
    /** What its users get with it. */
    shipped: names("dependencies", "peerDependencies", "optionalDependencies"),
    /** What only its developers have. */
    development: names("devDependencies"),
    /** Subpath (`"."`, `"./spi"`) to source file, relative to the root. */
    doors: doors(dir, manifest.exports),
  };
}

function doors(dir, exports) {
  const found = new Map();
  for (const [subpath, target] of Object.entries(exports ?? {})) {
    const source = typeof target === "string" ? target : target?.["@sage-kernel/source"];
    found.set(subpath, source?.replace(/^\./, dir));
  }
  return found;
}

function patterns(root) {
  const file = join(root, "pnpm-workspace.yaml");
  if (!existsSync(file)) return [];
  const list = /^packages:\s*\n((?:[ \t]+-.*\n?)+)/m.exec(readFileSync(file, "utf8"))?.[1] ?? "";
  return [...list.matchAll(/^\s*-\s*["']?([^"'\s#]+)/gm)].map((match) => match[1]);
}

function folders(root, parent) {
  if (!existsSync(join(root, parent))) return [];
  return readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${parent}/${entry.name}`);
}
