import type { Options } from "./options.ts";
import { type RowResults, writeResults } from "./results-file.ts";
import type { Suite } from "./row.ts";
import { rowTable } from "./row-table.ts";
import { runRow } from "./run-row.ts";
import { surroundingsOf } from "./surroundings.ts";
import { judge } from "./verdict.ts";

/** Runs a part row by row, prints each as it is ready, and writes the results file. Returns the failed contenders. */
export async function runSuite(suite: Suite, options: Options): Promise<number> {
  const startedAt = new Date().toISOString();
  const surroundings = surroundingsOf(suite.rows);
  const { node, cpu, cores, load } = surroundings;
  print(`${suite.part}: ${options.rounds} rounds, Node ${node}, ${cores} × ${cpu}, load ${load.toFixed(1)}`);

  const rows: RowResults[] = [];
  for (const row of suite.rows) {
    print(`\n${row.id}: ${row.title}`);
    const contenders = await runRow(row, options.rounds);
    const verdicts = judge(row, contenders);
    print(rowTable(row, contenders, verdicts));
    rows.push({ id: row.id, title: row.title, unit: row.unit, contenders, verdicts });
  }

  const file = writeResults({ part: suite.part, startedAt, rounds: options.rounds, surroundings, rows });
  const verdicts = rows.flatMap((row) => row.verdicts);
  const failed = rows.flatMap((row) => row.contenders).filter((contender) => contender.error !== undefined);
  const hits = verdicts.filter((verdict) => verdict.hit === true).length;
  const misses = verdicts.filter((verdict) => verdict.hit === false).length;
  print(`\n${suite.part}: ${hits} hit, ${misses} missed, ${failed.length} failed; ${file}`);
  return failed.length;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
