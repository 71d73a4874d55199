import { type Options, OptionsError } from "./options.ts";
import type { Row, Suite } from "./row.ts";

/** The suites cut down to the chosen part and to the contenders whose `row/contender` matches `--only`. */
export function selectRows(suites: readonly Suite[], options: Options): readonly Suite[] {
  const selected = suites
    .filter((suite) => options.part === undefined || suite.part === options.part)
    .map((suite) => ({ ...suite, rows: suite.rows.flatMap((row) => narrow(row, options.only)) }))
    .filter((suite) => suite.rows.length > 0);
  if (selected.length === 0) throw new OptionsError(`nothing matches --only ${options.only.join(", ")}`);
  return selected;
}

function narrow(row: Row, only: readonly string[]): readonly Row[] {
  for (const { vs } of row.targets) {
    // A target nobody runs for would never be judged, and nobody would notice.
    if (vs !== undefined && !row.contenders.some(({ name }) => name === vs)) {
      throw new Error(`row ${row.id} has a target against "${vs}", which is none of its contenders`);
    }
  }
  if (only.length === 0) return [row];
  const contenders = row.contenders.filter(({ name }) =>
    only.some((text) => `${row.id}/${name}`.includes(text)),
  );
  return contenders.length === 0 ? [] : [{ ...row, contenders }];
}
