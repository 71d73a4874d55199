/**
 * Every package that a file imports is declared by its workspace: shipped code by `dependencies` or
 * `peerDependencies`, tests, tools and private workspaces by any kind.
 */
import { isTest } from "./repository.mjs";
import { resolveImport } from "./resolve.mjs";

/** @see ../fences.mjs for the shape of a fence. */
export const declared = {
  rule: "declared",
  unit: "package imports",
  check(repository, report) {
    let seen = 0;
    for (const { path, imports } of repository.sources) {
      const home = repository.workspaceOf(path);
      if (home === undefined) continue;
      const ships = !home.isPrivate && path.startsWith(`${home.dir}/src/`) && !isTest(path);
      for (const { specifier, line } of imports) {
        const { name } = resolveImport(repository, path, specifier);
        if (name === undefined || name === home.name) continue;
        seen++;
        if (home.shipped.has(name) || (!ships && home.development.has(name))) continue;
        const manifest = home.dir === "" ? "package.json" : `${home.dir}/package.json`;
        report(
          `${path}:${line}`,
          home.development.has(name)
            ? `imports ${name}, which ${manifest} declares for development only`
            : `imports ${name}, which ${manifest} does not declare`,
          ships ? "add it to dependencies or peerDependencies" : "add it to devDependencies",
        );
      }
    }
    return seen;
  },
};
