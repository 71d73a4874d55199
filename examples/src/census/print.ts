import { relative } from "node:path";
import { formatFailures, formatJob } from "../report/job-lines.ts";
import { rank } from "../report/ranking.ts";
import { type Column, formatTable } from "../report/table.ts";
import { formatBytes, formatCount } from "../report/units.ts";
import type { LicenseTotals } from "./packages.ts";
import type { KindTotals } from "./pipeline.ts";
import type { CensusResult, Duplicate } from "./result.ts";

const top = 10;

const kindColumns: readonly Column<KindTotals>[] = [
  { title: "kind", align: "left", show: ({ kind }) => kind },
  { title: "files", align: "right", show: ({ files }) => formatCount(files) },
  { title: "bytes", align: "right", show: ({ bytes }) => formatBytes(bytes) },
  { title: "lines", align: "right", show: ({ lines }) => formatCount(lines) },
];

const licenseColumns: readonly Column<LicenseTotals>[] = [
  { title: "licence", align: "left", show: ({ license }) => license },
  { title: "packages", align: "right", show: ({ packages }) => formatCount(packages) },
  { title: "files", align: "right", show: ({ files }) => formatCount(files) },
  { title: "bytes", align: "right", show: ({ bytes }) => formatBytes(bytes) },
];

/** The census of a folder as a report for people; paths are relative to the folder. */
export function printCensus(folder: string, result: CensusResult): string {
  const { files, bytes, digests, packages, licenseService, deadLetters } = result;
  const totals = [
    `${formatCount(files)} files`,
    formatBytes(bytes),
    `${formatCount(digests)} distinct contents`,
    `${formatCount(packages)} packages`,
  ];
  const failures = deadLetters.map(({ path, reason }) => ({ what: relative(folder, path), reason }));
  return [
    `census of ${folder}\n${totals.join(", ")}`,
    formatTable("kinds by bytes", largest(result, "bytes"), kindColumns),
    formatTable("kinds by lines", largest(result, "lines"), kindColumns),
    formatTable("licences by packages", mostUsed(result), licenseColumns),
    `licence service: ${formatCount(licenseService.calls)} calls, ${formatCount(licenseService.failures)} failed`,
    formatTable("largest duplicates", result.duplicates, duplicateColumns(folder)),
    formatFailures("dead letters", failures, deadLetters.length),
    formatJob(result),
  ].join("\n\n");
}

function largest({ kinds }: CensusResult, by: "bytes" | "lines"): KindTotals[] {
  const amounts = Object.entries(kinds).map(([kind, totals]) => [kind, totals[by]] as const);
  return rank(amounts, top).map(([kind]) => ({ kind, ...(kinds[kind] as Omit<KindTotals, "kind">) }));
}

function mostUsed({ licenses }: CensusResult): LicenseTotals[] {
  const ranked = Object.entries(licenses).slice(0, top);
  return ranked.map(([license, totals]) => ({ license, ...totals }));
}

function duplicateColumns(folder: string): Column<Duplicate>[] {
  return [
    { title: "wasted", align: "right", show: ({ wastedBytes }) => formatBytes(wastedBytes) },
    { title: "copies", align: "right", show: ({ copies }) => formatCount(copies) },
    { title: "each", align: "right", show: ({ bytes }) => formatBytes(bytes) },
    { title: "one of them", align: "left", show: ({ paths }) => relative(folder, paths[0] ?? "") },
  ];
}
