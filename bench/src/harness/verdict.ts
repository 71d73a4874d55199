import { OURS, type Row, type Target } from "./row.ts";
import type { ContenderResult } from "./run-row.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** How ours compares with one peer (or, for the line of ours itself, with a bound on its own value). */
export interface Verdict {
  readonly contender: string;
  /** The contender's own values. */
  readonly values: Spread | undefined;
  /** Ours / this peer, of the same round; absent on our own line, and where either is missing. */
  readonly ratio: Spread | undefined;
  readonly target: Target | undefined;
  /** Whether the median reaches the target; `undefined` where there is no target or nothing to judge it by. */
  readonly hit: boolean | undefined;
}

/** One verdict per contender, in the order of the row. */
export function judge(row: Row, results: readonly ContenderResult[]): readonly Verdict[] {
  const ours = results.find((result) => result.name === OURS);
  return results.map((result) => {
    const isOurs = result.name === OURS;
    const values = spreadOf(result.measurements.map((measurement) => measurement.value));
    const ratio = isOurs || ours === undefined ? undefined : ratios(ours, result);
    const target = row.targets.find(({ vs }) => (vs === undefined ? isOurs : vs === result.name));
    const judged = isOurs ? values : ratio;
    const hit = target === undefined || judged === undefined ? undefined : reaches(judged.median, target);
    return { contender: result.name, values, ratio, target, hit };
  });
}

function ratios(ours: ContenderResult, peer: ContenderResult): Spread | undefined {
  const rounds = Math.min(ours.measurements.length, peer.measurements.length);
  return spreadOf(
    ours.measurements
      .slice(0, rounds)
      .map((our, round) => our.value / (peer.measurements[round]?.value ?? Number.NaN)),
  );
}

function reaches(value: number, target: Target): boolean {
  return "atLeast" in target ? value >= target.atLeast : value <= target.atMost;
}
