import { type Failure, formatFailures, formatJob } from "../report/job-lines.ts";
import type { Ranked } from "../report/ranking.ts";
import { formatTable } from "../report/table.ts";
import { formatBytes, formatCount } from "../report/units.ts";
import type { AccessLogResult } from "./result.ts";

/** The result for a log as a report for people; `failures` are its malformed lines, or the first of them. */
export function printAccessLog(input: string, result: AccessLogResult, failures: readonly Failure[]): string {
  const { records, bytes, addresses, sessions, restarts } = result;
  const visits = `${formatCount(addresses)} addresses, ${formatCount(sessions)} sessions`;
  const totals = `${formatCount(records)} requests, ${formatBytes(bytes)}, ${visits}`;
  const crashes = restarts === 0 ? "" : `\n${formatCount(restarts)} restarts of crashed tasks`;
  return [
    `access log ${input}\n${totals}${crashes}`,
    ranking("by status", "requests", Object.entries(result.status), formatCount),
    ranking("by hour", "requests", Object.entries(result.hours), formatCount),
    ranking("addresses with the most requests", "requests", result.topByRequests, formatCount),
    ranking("addresses with the most bytes", "bytes", result.topByBytes, formatBytes),
    ranking("paths with the most requests", "requests", result.topPaths, formatCount),
    formatFailures("malformed lines", failures, result.deadLetters),
    formatJob(result),
  ].join("\n\n");
}

function ranking(
  title: string,
  unit: string,
  rows: readonly Ranked[],
  format: (amount: number) => string,
): string {
  return formatTable(title, rows, [
    { title: unit, align: "right", show: ([, amount]) => format(amount) },
    { title: "", align: "left", show: ([name]) => name },
  ]);
}
