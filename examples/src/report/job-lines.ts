import type { JobLedger } from "@sage-kernel/core";
import { toCell } from "./cell.ts";
import { formatCount } from "./units.ts";

/** A record that could not be processed, for a report. */
export interface Failure {
  /** What and where it is. */
  readonly what: string;
  /** Why it failed. */
  readonly reason: string;
}

/** What every result says of the job behind it. */
export interface JobFacts {
  readonly recordsPerSecond: number;
  readonly ledger: JobLedger;
  /** Present when Ctrl-C ended the source early: the figures are then of what was read. */
  readonly interrupted?: true;
}

const shown = 10;

/** The dead letters of a report: the first ten, and how many more there are. */
export function formatFailures(title: string, failures: readonly Failure[], total: number): string {
  if (total === 0) return `${title}: none`;
  const lines = failures.slice(0, shown).map(({ what, reason }) => `  ${toCell(what)}: ${toCell(reason)}`);
  const more = total - lines.length;
  return [
    `${title}: ${formatCount(total)}`,
    ...lines,
    ...(more > 0 ? [`  … and ${formatCount(more)} more`] : []),
  ].join("\n");
}

/** How the job went, as the last lines of a report. */
export function formatJob({ recordsPerSecond, ledger, interrupted }: JobFacts): string {
  return [
    `${formatCount(recordsPerSecond)} records/s`,
    ...(interrupted ? ["stopped early: these are the figures of what was read"] : []),
    ledger.balanced ? "ledger balanced" : `ledger NOT balanced: ${ledger.problems.join("; ")}`,
  ].join("\n");
}
