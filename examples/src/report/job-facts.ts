import type { JobReport } from "@sage-kernel/core";
import type { JobFacts } from "./job-lines.ts";

/** What a result says of its job; `records` is how many records the source gave. */
export function jobFacts(report: JobReport, interrupted: boolean, records: number): JobFacts {
  return {
    recordsPerSecond: Math.round(records / (report.durationMs / 1000)),
    ledger: report.ledger,
    ...(interrupted ? { interrupted } : {}),
  };
}
