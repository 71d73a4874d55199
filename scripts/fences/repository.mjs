/**
 * What every fence looks at: the files of a repository, its workspaces, and its parsed sources.
 *
 * All paths are relative to the root and use `/`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { parseSource } from "./source.mjs";
import { findWorkspaces } from "./workspaces.mjs";

const SOURCE = /\.(?:ts|mts|mjs)$/;
const NEVER_OURS = new Set(["node_modules", "dist", ".git", ".turbo", "coverage"]);

/** A file that only a test run loads. */
export const isTest = (path) => path.endsWith(".test.ts") || path.includes("/test-support/");

/** Reads a repository once; every fence gets the same view. */
export function readRepository(root) {
  const files = (filesOfCheckout(root) ?? filesOfFolder(root)).filter((path) => SOURCE.test(path)).sort();
  const workspaces = findWorkspaces(root);
  const sources = files.map((path) => parseSource(path, readFileSync(join(root, path), "utf8")));
  return {
    root,
    sources,
    workspaces,
    /** The workspace a file belongs to: the deepest one, else the root. */
    workspaceOf: (path) =>
      workspaces.find(({ dir }) => dir !== "" && path.startsWith(`${dir}/`)) ??
      workspaces.find(({ dir }) => dir === ""),
    exists: (path) => existsSync(join(root, path)),
    readJson: (path) => JSON.parse(readFileSync(join(root, path), "utf8")),
  };
}

/** Tracked files and new files that are not ignored; undefined when the root is not itself a checkout. */
function filesOfCheckout(root) {
  try {
    const git = (...args) =>
      execFileSync("git", ["-C", root, ...args], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
        maxBuffer: 64 * 1024 * 1024,
      });
    if (realpathSync(git("rev-parse", "--show-toplevel").trim()) !== realpathSync(root)) return undefined;
    const listed = git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0");
    return [...new Set(listed)].filter((path) => path !== "" && existsSync(join(root, path)));
  } catch {
    return undefined;
  }
}

function filesOfFolder(root, folder = "") {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return NEVER_OURS.has(entry.name) ? [] : filesOfFolder(root, path);
    return entry.isFile() ? [path] : [];
  });
}
