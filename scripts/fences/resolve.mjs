/** Where an import leads: to a file of the repository, to a workspace, to a package or to Node itself. */
import { isBuiltin } from "node:module";
import { posix } from "node:path";

/**
 * Resolves one import of `from`.
 *
 * - `{ kind: "file", path, found }`: a relative import; `path` is relative to the root
 * - `{ kind: "workspace", workspace, subpath, path }`: one of ours by name; `path` is undefined when that
 *   subpath is not in its `exports`
 * - `{ kind: "package", name }`, `{ kind: "node" }`, `{ kind: "computed" }`
 */
export function resolveImport(repository, from, specifier) {
  if (specifier === undefined) return { kind: "computed" };
  if (specifier.startsWith(".")) return { kind: "file", ...file(repository, from, specifier) };
  if (isBuiltin(specifier)) return { kind: "node" };
  const name = packageName(specifier);
  const workspace = repository.workspaces.find((candidate) => candidate.name === name);
  if (workspace === undefined) return { kind: "package", name };
  const subpath = `.${specifier.slice(name.length)}`;
  return { kind: "workspace", name, workspace, subpath, path: workspace.doors.get(subpath) };
}

/** `@scope/name/deep` to `@scope/name`, `name/deep` to `name`. */
export const packageName = (specifier) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

function file(repository, from, specifier) {
  const path = posix.normalize(posix.join(posix.dirname(from), specifier));
  const spellings = [path, path.replace(/js$/, "ts"), path.replace(/\.ts$/, ".d.ts")];
  const found = spellings.find((spelling) => !spelling.startsWith("../") && repository.exists(spelling));
  return { path: found ?? path, found: found !== undefined };
}
