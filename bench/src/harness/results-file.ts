import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Row } from "./row.ts";
import type { ContenderResult } from "./run-row.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Verdict } from "./verdict.ts";

/** Everything that is known about one run of a part. */
export interface SuiteResults {
  readonly part: string;
  readonly startedAt: string;
  readonly rounds: number;
  readonly surroundings: Surroundings;
  readonly rows: readonly RowResults[];
}

/** The raw values of a row, and what they were found to mean. */
export interface RowResults {
  readonly id: Row["id"];
  readonly title: Row["title"];
  readonly unit: Row["unit"];
  readonly contenders: readonly ContenderResult[];
  readonly verdicts: readonly Verdict[];
}

const FOLDER = new URL("../../results/", import.meta.url);

/** Writes `bench/results/<part>-<timestamp>.json` and returns its path. */
export function writeResults(results: SuiteResults): string {
  mkdirSync(FOLDER, { recursive: true });
  const file = new URL(`${results.part}-${results.startedAt.replaceAll(":", "-")}.json`, FOLDER);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  return fileURLToPath(file);
}
