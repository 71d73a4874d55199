import { type Flags, type FlagValues, parseFlags, UsageError } from "./flags.ts";
import { reasonOf } from "./reason.ts";

/** A program: a function from flags to the text that it prints. */
export interface Program<F extends Flags> {
  /** Name of the example. */
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** Its flags, beside `--help`. */
  readonly flags: F;
  /** Does it; resolves to what goes to standard output, or to `undefined` when it was told to stop at once. */
  run(options: FlagValues<F>): Promise<string | undefined>;
}

/**
 * Runs a program with the flags of this process. Exit codes: 0 done, also when one Ctrl-C ended it early; 1 failed;
 * 2 wrong flags; 130 stopped at once by a second Ctrl-C.
 */
export async function runProgram<F extends Flags>(program: Program<F>): Promise<void> {
  const argv = process.argv.slice(2);
  process.stdout.on("error", endQuietly);
  try {
    if (argv.includes("--help")) {
      process.stdout.write(`${usage(program)}\n`);
      return;
    }
    const text = await program.run(parseFlags(program.flags, argv));
    if (text === undefined) process.exit(130);
    process.stdout.write(`${text}\n`);
  } catch (error) {
    process.stderr.write(`${program.name}: ${reasonOf(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

function usage({ name, summary, flags }: Program<Flags>): string {
  const rows = Object.entries(flags).map(([flag, { placeholder, help }]) => ({
    flag: `--${flag}${placeholder === undefined ? "" : ` ${placeholder}`}`,
    help,
  }));
  const width = Math.max(...rows.map(({ flag }) => flag.length));
  const lines = rows.map(({ flag, help }) => `  ${flag.padEnd(width)}  ${help}`);
  return [`${name}: ${summary}`, "", ...lines].join("\n");
}

/** `… | head` closes our output early: that is no failure. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
}
