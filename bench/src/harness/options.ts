import { parseArgs } from "node:util";

/** What the command line asked for. */
export interface Options {
  /** The part to run; `undefined` means all of them. */
  readonly part: string | undefined;
  /** How often each contender runs, each time in a fresh process. */
  readonly rounds: number;
  /** Substrings of `row/contender`; a contender runs if one matches. Empty means all. */
  readonly only: readonly string[];
  /** Print the usage and stop. */
  readonly help: boolean;
}

/** A command line that cannot be understood; its message is one line. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

const DEFAULT_ROUNDS = 5;
const QUICK_ROUNDS = 2;

/** The usage line, naming the known parts. */
export function usage(parts: readonly string[]): string {
  return `usage: bench [${parts.join("|")}] [--rounds N] [--quick] [--only substring]...`;
}

/** Reads the command line; throws {@link OptionsError} where it makes no sense. */
export function parseOptions(argv: readonly string[], parts: readonly string[]): Options {
  const { values, positionals } = parse(argv);
  const [part, surplus] = positionals;
  if (surplus !== undefined) throw new OptionsError(`one part at a time; ${usage(parts)}`);
  if (part !== undefined && !parts.includes(part)) {
    throw new OptionsError(`unknown part "${part}"; known: ${parts.join(", ")}`);
  }
  if (values.quick === true && values.rounds !== undefined) {
    throw new OptionsError("--quick sets the rounds itself: use it or --rounds, not both");
  }
  return {
    part,
    rounds: values.quick === true ? QUICK_ROUNDS : parseRounds(values.rounds),
    only: values.only ?? [],
    help: values.help === true,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        quick: { type: "boolean" },
        only: { type: "string", multiple: true },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new OptionsError(message.split(/[\n.]/, 1)[0] ?? message);
  }
}

function parseRounds(text: string | undefined): number {
  if (text === undefined) return DEFAULT_ROUNDS;
  const rounds = Number(text);
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new OptionsError(`--rounds must be a whole number of at least 1, not "${text}"`);
  }
  return rounds;
}
