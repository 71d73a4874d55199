import { appendFileSync, closeSync, mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";

/** Names that tasks' files must not take. */
const reserved = /^(?:dispatcher|error)$/i;
const longestName = 200;

/**
 * The files of one log, which appear as lines come for them. It writes synchronously, so a line that was logged is in
 * its file even when the process ends right after it.
 */
export class LogFolder {
  /** Its absolute path. */
  readonly path: string;
  readonly #files = new Map<string, number>();
  #made = false;

  /** Touches nothing yet; a relative path is meant from the current working directory of now. */
  constructor(path: string) {
    this.path = resolve(path);
  }

  /** Appends a finished line to a file of the folder. @throws what the file system says. */
  append(file: string, line: string): void {
    let descriptor = this.#files.get(file);
    if (descriptor === undefined) {
      if (!this.#made) mkdirSync(this.path, { recursive: true });
      this.#made = true;
      descriptor = openSync(join(this.path, file), "a");
      this.#files.set(file, descriptor);
    }
    appendFileSync(descriptor, line);
  }

  /** Closes all files, even when one cannot be closed. @throws what the file system says of the last such. */
  close(): void {
    const descriptors = [...this.#files.values()];
    this.#files.clear();
    let failure: { readonly error: unknown } | undefined;
    for (const descriptor of descriptors) {
      try {
        closeSync(descriptor);
      } catch (error) {
        failure = { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}

/** Name of the file for a task's lines: never a path, never hidden, never that of the dispatcher or of errors. */
export function taskFile(task: string): string {
  const name = task
    .slice(0, longestName)
    .replace(/[^A-Za-z0-9._#-]/g, "_")
    .replace(/^\.+/, (dots) => "_".repeat(dots.length));
  return name === "" || reserved.test(name) ? `${name}_.log` : `${name}.log`;
}
