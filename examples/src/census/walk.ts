import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "../command-line/reason.ts";
import { manifestName } from "./manifest.ts";

/** A regular file that a walk came by, or a folder that it could not read. */
export interface Found {
  readonly path: string;
  /** Paths of the `package.json` files in its folder and in those above, up to the walked one; nearest first. */
  readonly manifests: readonly string[];
  /** Why the folder could not be read; absent for a file. */
  readonly failure?: string;
}

/**
 * Yields the path of each regular file below a folder, as `find DIR -type f` does: symbolic links are not followed,
 * hard links count each. Names come in the order of their code units, so that the first `maxFiles` files are the same
 * in every run, but a folder's `package.json` comes before all else in it: wherever a walk ends, it has yielded those
 * above each of its files. A folder that cannot be read is yielded as such, and the walk goes on.
 */
export async function* walk(folder: string, maxFiles = Number.POSITIVE_INFINITY): AsyncGenerator<Found> {
  const folders: Found[] = [{ path: folder, manifests: [] }];
  let files = 0;
  for (let current = folders.pop(); current !== undefined; current = folders.pop()) {
    const { path } = current;
    const entries = await list(path);
    if (!Array.isArray(entries)) {
      yield { ...current, ...entries };
      continue;
    }
    const isPackage = entries.some((entry) => entry.name === manifestName && entry.isFile());
    const manifests = isPackage ? [join(path, manifestName), ...current.manifests] : current.manifests;
    const below: Found[] = [];
    for (const entry of entries) {
      const found = { path: join(path, entry.name), manifests };
      if (entry.isDirectory()) below.push(found);
      if (!entry.isFile()) continue;
      yield found;
      if (++files >= maxFiles) return;
    }
    folders.push(...below.reverse());
  }
}

async function list(path: string): Promise<Dirent[] | { readonly failure: string }> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.sort(byName);
  } catch (error) {
    return { failure: reasonOf(error) };
  }
}

function byName(a: Dirent, b: Dirent): number {
  if (a.name === manifestName) return -1;
  if (b.name === manifestName) return 1;
  return a.name < b.name ? -1 : 1;
}
