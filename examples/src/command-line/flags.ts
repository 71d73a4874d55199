import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { reasonOf } from "./reason.ts";

/** A command line that cannot be understood; its message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** One `--flag` and how its text becomes a value. */
export interface Flag<T> {
  /** What stands for the value in the usage; absent for a switch, which has none. */
  readonly placeholder?: string;
  /** What it is for, in a few words. */
  readonly help: string;
  /** Makes the value; `text` is `undefined` when the flag was not given. @throws UsageError. */
  read(text: string | undefined, name: string): T;
}

/** The flags of a program by name, without the dashes. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** The values that {@link parseFlags} makes of flags. */
export type FlagValues<F extends Flags> = { readonly [N in keyof F]: F[N] extends Flag<infer T> ? T : never };

/** A switch: `true` when it was given. */
export function toggle(help: string): Flag<boolean> {
  return { help, read: (text) => text !== undefined };
}

/** A text; `undefined` when it was not given. */
export function text(placeholder: string, help: string): Flag<string | undefined> {
  return { placeholder, help, read: (given) => given };
}

/** A whole number from 1 to `most`; `fallback` when it was not given. */
export function count<T extends number | undefined>(
  help: string,
  fallback: T,
  most: number = Number.MAX_SAFE_INTEGER,
): Flag<number | T> {
  const limits = most === Number.MAX_SAFE_INTEGER ? "of at least 1" : `from 1 to ${most}`;
  return {
    placeholder: "N",
    help: fallback === undefined ? help : `${help}; default ${fallback}`,
    read(text, name) {
      if (text === undefined) return fallback;
      const value = Number(text);
      if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
      throw new UsageError(`--${name} must be a whole number ${limits}, not "${text}"`);
    },
  };
}

/** An existing folder; `fallback` when it was not given. */
export function folder(help: string, fallback: string): Flag<string> {
  return { placeholder: "DIR", help, read: (text, name) => existing(text ?? fallback, name, true) };
}

/** An existing file, which must be given. */
export function file(help: string): Flag<string> {
  return {
    placeholder: "FILE",
    help,
    read(text, name) {
      if (text === undefined) throw new UsageError(`--${name} FILE is missing`);
      return existing(text, name, false);
    },
  };
}

/**
 * Reads a command line.
 *
 * @throws UsageError for an unknown flag, a value that is missing or wrong, and anything that is no flag.
 */
export function parseFlags<F extends Flags>(flags: F, argv: readonly string[]): FlagValues<F> {
  const given = parse(flags, argv);
  const values = Object.entries(flags).map(([name, flag]) => {
    const text = given[name];
    return [name, flag.read(text === true ? "" : text, name)];
  });
  return Object.fromEntries(values) as FlagValues<F>;
}

function parse(flags: Flags, argv: readonly string[]): Record<string, string | true | undefined> {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { placeholder }]) => [
      name,
      { type: placeholder === undefined ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values as Record<
      string,
      string | true | undefined
    >;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(/\n|\. /, 1)[0] ?? message);
  }
}

function existing(path: string, name: string, wantsFolder: boolean): string {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (error) {
    throw new UsageError(`--${name} "${path}" cannot be read: ${reasonOf(error)}`);
  }
  if (isFolder === wantsFolder) return path;
  throw new UsageError(`--${name} "${path}" is ${wantsFolder ? "not a folder" : "a folder, not a file"}`);
}
