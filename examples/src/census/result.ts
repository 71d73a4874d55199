import type { PipelineOutcome } from "../command-line/run-pipeline.ts";
import { jobFacts } from "../report/job-facts.ts";
import type { JobFacts } from "../report/job-lines.ts";
import { byRank } from "../report/ranking.ts";
import type { CensusHandles, ContentTotals, KindTotals } from "./pipeline.ts";
import type { Found } from "./walk.ts";

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
  /** The ten contents whose copies waste most, most first. */
  readonly duplicates: readonly Duplicate[];
  /** What could not be read. */
  readonly deadLetters: readonly { readonly path: string; readonly reason: string }[];
}

const topDuplicates = 10;

/** Puts the result together from what the job collected. */
export function censusResult(outcome: PipelineOutcome<CensusHandles>): CensusResult {
  const { handles, job, report, interrupted } = outcome;
  const kinds = [...job.collected(handles.kinds)].sort((a, b) =>
    byRank([a.kind, a.bytes], [b.kind, b.bytes]),
  );
  const contents = job.collected(handles.contents);
  return {
    files: kinds.reduce((sum, { files }) => sum + files, 0),
    bytes: kinds.reduce((sum, { bytes }) => sum + bytes, 0),
    digests: contents.length,
    kinds: Object.fromEntries(kinds.map(({ kind, ...totals }) => [kind, totals])),
    duplicates: findDuplicates(contents),
    deadLetters: job.deadLetters.list().map(({ record, error }) => ({
      path: (record as Found).path,
      reason: error.message,
    })),
    ...jobFacts(report, interrupted, report.ledger.read),
  };
}

function findDuplicates(contents: readonly ContentTotals[]): Duplicate[] {
  return contents
    .filter(({ copies }) => copies > 1)
    .map((content) => ({ ...content, wastedBytes: (content.copies - 1) * content.bytes }))
    .sort((a, b) => byRank([a.digest, a.wastedBytes], [b.digest, b.wastedBytes]))
    .slice(0, topDuplicates);
}
