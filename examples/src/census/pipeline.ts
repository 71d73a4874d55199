import type { Collected, Environment, SourceInput } from "@sage-kernel/core";
import { LicenseService } from "./license-service.ts";
import { declarePackages, type LicenseTotals } from "./packages.ts";
import { type FileFacts, ReadFile } from "./read-file.ts";
import type { Found } from "./walk.ts";

/** Files of one kind, added up. */
export interface KindTotals {
  readonly kind: string;
  readonly files: number;
  readonly bytes: number;
  readonly lines: number;
}

/** Files of one content. */
export interface ContentTotals {
  readonly digest: string;
  readonly copies: number;
  /** Size of one copy. */
  readonly bytes: number;
  /** The first three paths, in the order of their code units. */
  readonly paths: readonly string[];
}

/** A file or folder that could not be read, or a `package.json` that could not be parsed. */
export interface Failed {
  readonly path: string;
  readonly reason: string;
}

/** How to read. */
export interface ReadOptions {
  /** Files that each instance has open at once. */
  readonly concurrency: number;
  /** Parallel instances of each step. */
  readonly parallelism: number;
}

/** What the census collects. */
export interface CensusHandles {
  readonly kinds: Collected<KindTotals>;
  readonly contents: Collected<ContentTotals>;
  readonly licenses: Collected<LicenseTotals>;
  readonly failed: Collected<Failed>;
}

const sampleSize = 3;

/** Declares the census: reads each file once, and adds it up by kind, by content and by its package's licence. */
export function declareCensus(
  env: Environment,
  found: SourceInput<Found>,
  { concurrency, parallelism }: ReadOptions,
): CensusHandles {
  const licenseService = env.registerService("license", LicenseService, { concurrency: 4 });
  const read = env
    .fromBatch(found, { name: "walk" })
    .map(ReadFile, { name: "read", concurrency, parallelism, onError: "deadLetter" });
  const files = read.shared();
  const { licenses, malformed } = declarePackages(files, licenseService, parallelism);
  return {
    kinds: files
      .keyBy((file) => file.kind, { name: "by-kind", parallelism })
      .reduce(addToKind, { name: "kinds", parallelism, initial: () => noFiles, emit: "end" })
      .collect(),
    contents: files
      .keyBy((file) => file.digest, { name: "by-content", parallelism })
      .reduce(addCopy, { name: "contents", parallelism, initial: () => noCopies, emit: "end" })
      .collect(),
    licenses: licenses.collect(),
    failed: read
      .deadLetters()
      .union(malformed)
      .map(({ record, error }): Failed => ({ path: record.path, reason: error.message }), { name: "failed" })
      .collect(),
  };
}

const noFiles: KindTotals = { kind: "", files: 0, bytes: 0, lines: 0 };
const noCopies: ContentTotals = { digest: "", copies: 0, bytes: 0, paths: [] };

function addToKind(totals: KindTotals, { kind, bytes, lines }: FileFacts): KindTotals {
  return { kind, files: totals.files + 1, bytes: totals.bytes + bytes, lines: totals.lines + lines };
}

function addCopy({ copies, paths }: ContentTotals, { digest, bytes, path }: FileFacts): ContentTotals {
  return { digest, copies: copies + 1, bytes, paths: [...paths, path].sort().slice(0, sampleSize) };
}
