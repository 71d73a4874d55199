import { formatValue } from "./format-value.ts";
import type { Row, Target } from "./row.ts";
import type { ContenderResult } from "./run-row.ts";
import { spreadOf } from "./spread.ts";
import { textTable } from "./text-table.ts";
import type { Verdict } from "./verdict.ts";

/** The table of a row, with its extra figures and its failures below it. */
export function rowTable(
  row: Row,
  results: readonly ContenderResult[],
  verdicts: readonly Verdict[],
): string {
  const header = ["", row.unit, "min", "max", "ours/it", "min", "max", "target", ""];
  const table = textTable([header, ...verdicts.map((verdict) => line(verdict, row))]);
  return [table, ...results.flatMap(extras), ...results.flatMap(failure)].join("\n");
}

function line({ contender, values, ratio, target, hit }: Verdict, row: Row): readonly string[] {
  return [
    contender,
    ...[values?.median, values?.min, values?.max].map((value) =>
      value === undefined ? "-" : formatValue(value),
    ),
    ...[ratio?.median, ratio?.min, ratio?.max].map((value) => (value === undefined ? "" : value.toFixed(2))),
    target === undefined ? "" : bound(target, row),
    target === undefined ? "" : hit === undefined ? "not judged" : hit ? "hit" : "MISS",
  ];
}

function bound(target: Target, row: Row): string {
  const text = "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
  return target.vs === undefined ? `${text} ${row.unit}` : text;
}

function extras({ name, measurements }: ContenderResult): readonly string[] {
  const keys = Object.keys(measurements[0]?.extras ?? {});
  return keys.map((key) => {
    const spread = spreadOf(measurements.map((measurement) => measurement.extras?.[key] ?? Number.NaN));
    if (spread === undefined) return `${name} ${key}: -`;
    const { median, min, max } = spread;
    return `${name} ${key}: ${formatValue(median)} (${formatValue(min)} to ${formatValue(max)})`;
  });
}

function failure({ name, error }: ContenderResult): readonly string[] {
  return error === undefined ? [] : [`FAILED ${name}: ${error}`];
}
