import { inspect } from "node:util";
import type { Printer } from "@sage-kernel/core/spi";

/** All on one line, and no more of a record than a person reads. */
const limits = {
  depth: 4,
  maxArrayLength: 100,
  maxStringLength: 1000,
  breakLength: Infinity,
  compact: true,
};

/**
 * Prints on standard output: `label> record`, a line for each record. Strings stand as they are, except that a line
 * break in one is written `\n`; all else as Node's `inspect` shows it.
 */
export class ConsolePrinter implements Printer {
  readonly #write: (line: string) => unknown;

  /** `write` gets each line with its line break. */
  constructor(write: (line: string) => unknown = (line) => process.stdout.write(line)) {
    this.#write = write;
  }

  print(label: string, record: unknown): void {
    const prefix = label === "" ? "" : `${escapeBreaks(label)}> `;
    try {
      this.#write(`${prefix}${show(record)}\n`);
    } catch {
      // Nobody can be told: printing is how one would.
    }
  }
}

function show(record: unknown): string {
  if (typeof record === "string") return escapeBreaks(record);
  try {
    // What breaks lines here is layout, such as an error's stack.
    return inspect(record, limits).replace(/\s*[\r\n]+\s*/g, " ");
  } catch {
    return `[${typeof record} that cannot be shown]`;
  }
}

function escapeBreaks(text: string): string {
  return text.replaceAll("\r", "\\r").replaceAll("\n", "\\n");
}
