/** Entry of the benchmark suite: `node bench/dist/main.js [part] [--rounds N] [--quick] [--only substring]`. */
import { type Options, OptionsError, parseOptions, usage } from "./harness/options.ts";
import type { Suite } from "./harness/row.ts";
import { runSuite } from "./harness/run-suite.ts";
import { selectRows } from "./harness/select-rows.ts";
import { localSuite } from "./local/suite.ts";
import { redisSuite } from "./redis/suite.ts";
import { servicesSuite } from "./services/suite.ts";
import { wsSuite } from "./ws/suite.ts";

const suites: readonly Suite[] = [localSuite, servicesSuite, redisSuite, wsSuite];

process.exitCode = await main(process.argv.slice(2));

/** 0: everything ran (hit or missed); 1: a case failed, for instance its counts were wrong; 2: bad arguments. */
async function main(argv: readonly string[]): Promise<number> {
  const parts = suites.map((suite) => suite.part);
  let options: Options;
  let selected: readonly Suite[];
  try {
    options = parseOptions(argv, parts);
    if (options.help) {
      process.stdout.write(`${usage(parts)}\n`);
      return 0;
    }
    selected = selectRows(suites, options);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    process.stderr.write(`bench: ${error.message}\n`);
    return 2;
  }

  let failures = 0;
  for (const suite of selected) failures += await runSuite(suite, options);
  return failures === 0 ? 0 : 1;
}
