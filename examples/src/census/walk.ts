import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf } from "../command-line/reason.ts";

/** A regular file that a walk came by, or a folder that it could not read. */
export interface Found {
  readonly path: string;
  /** Why the folder could not be read; absent for a file. */
  readonly failure?: string;
}

/**
 * Yields the path of each regular file below a folder, as `find DIR -type f` does: symbolic links are not followed,
 * hard links count each. Names come in the order of their code units, so that the first `maxFiles` files are the same
 * in every run. A folder that cannot be read is yielded as such, and the walk goes on.
 */
export async function* walk(folder: string, maxFiles = Number.POSITIVE_INFINITY): AsyncGenerator<Found> {
  const folders = [folder];
  let files = 0;
  for (let current = folders.pop(); current !== undefined; current = folders.pop()) {
    const entries = await list(current);
    if (!Array.isArray(entries)) {
      yield entries;
      continue;
    }
    const below: string[] = [];
    for (const entry of entries) {
      if (entry.isDirectory()) below.push(join(current, entry.name));
      if (!entry.isFile()) continue;
      yield { path: join(current, entry.name) };
      if (++files >= maxFiles) return;
    }
    folders.push(...below.reverse());
  }
}

async function list(path: string) {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    return { path, failure: reasonOf(error) } satisfies Found;
  }
}
