/** Starts the programs under test the way a person would. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Files, repositoryWith } from "./sound-repository.ts";

/** The checkout that these tests belong to. */
export const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** What a program wrote and how it ended. */
export interface Ending {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** Runs `node …args` from the repository's root. */
export function node(...args: string[]): Ending {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: REPOSITORY, encoding: "utf8" });
  return { code: status, lines: `${stdout}${stderr}`.trimEnd().split("\n") };
}

/** Runs the fences on a folder. */
export const fences = (root: string): Ending => node("scripts/fences.mjs", "--root", root);

/** Runs the fences on the sound repository with something planted. */
export function fencesWith(planted: Files): Ending {
  const { root, remove } = repositoryWith(planted);
  try {
    return fences(root);
  } finally {
    remove();
  }
}
