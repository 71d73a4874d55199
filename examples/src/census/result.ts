import type { JobReport } from "@sage-kernel/core";
import type { PipelineOutcome } from "../command-line/outcome.ts";
import { jobFacts } from "../report/job-facts.ts";
import type { JobFacts } from "../report/job-lines.ts";
import { byRank } from "../report/ranking.ts";
import type { LicenseTotals } from "./packages.ts";
import type { CensusHandles, ContentTotals, Failed, KindTotals } from "./pipeline.ts";

/** A content that several files have. */
export interface Duplicate extends ContentTotals {
  /** Bytes that all copies but one take. */
  readonly wastedBytes: number;
}

/** What the census says; `--json` prints it as it is. */
export interface CensusResult extends JobFacts {
  /** Files that were read. */
  readonly files: number;
  readonly bytes: number;
  /** Number of distinct contents. */
  readonly digests: number;
  /** Totals by kind, largest first. */
  readonly kinds: Readonly<Record<string, Omit<KindTotals, "kind">>>;
  /** Number of distinct `package.json` files that describe a package. */
  readonly packages: number;
  /**
   * Totals by licence, that of most packages first. Every file counts once: under its package's licence, or under
   * `(none)` when that names none or when it belongs to no package.
   */
  readonly licenses: Readonly<Record<string, Omit<LicenseTotals, "license">>>;
  /** What the service that normalises licences has done. */
  readonly licenseService: { readonly calls: number; readonly failures: number };
  /** The ten contents whose copies waste most, most first. */
  readonly duplicates: readonly Duplicate[];
  /** What could not be read or parsed, in the order of the paths' code units. */
  readonly deadLetters: readonly Failed[];
}

const topDuplicates = 10;

/** Puts the result together from what the job collected. */
export function censusResult(outcome: PipelineOutcome<CensusHandles>): CensusResult {
  const { handles, job, report, interrupted } = outcome;
  const kinds = [...job.collected(handles.kinds)].sort((a, b) =>
    byRank([a.kind, a.bytes], [b.kind, b.bytes]),
  );
  const licenses = [...job.collected(handles.licenses)].sort((a, b) =>
    byRank([a.license, a.packages], [b.license, b.packages]),
  );
  const contents = job.collected(handles.contents);
  return {
    files: kinds.reduce((sum, { files }) => sum + files, 0),
    bytes: kinds.reduce((sum, { bytes }) => sum + bytes, 0),
    digests: contents.length,
    kinds: Object.fromEntries(kinds.map(({ kind, ...totals }) => [kind, totals])),
    packages: licenses.reduce((sum, { packages }) => sum + packages, 0),
    licenses: Object.fromEntries(licenses.map(({ license, ...totals }) => [license, totals])),
    licenseService: serviceTotals(report, "license"),
    duplicates: findDuplicates(contents),
    deadLetters: [...job.collected(handles.failed)].sort((a, b) => (a.path < b.path ? -1 : 1)),
    ...jobFacts(report, interrupted, report.ledger.read),
  };
}

/** The calls of all methods of all instances of a service. */
function serviceTotals({ services }: JobReport, name: string): CensusResult["licenseService"] {
  const methods = services.flatMap(({ service, methods }) =>
    service === name ? Object.values(methods) : [],
  );
  return {
    calls: methods.reduce((sum, { calls }) => sum + calls, 0),
    failures: methods.reduce((sum, { failures }) => sum + failures, 0),
  };
}

function findDuplicates(contents: readonly ContentTotals[]): Duplicate[] {
  return contents
    .filter(({ copies }) => copies > 1)
    .map((content) => ({ ...content, wastedBytes: (content.copies - 1) * content.bytes }))
    .sort((a, b) => byRank([a.digest, a.wastedBytes], [b.digest, b.wastedBytes]))
    .slice(0, topDuplicates);
}
