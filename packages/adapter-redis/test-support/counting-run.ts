import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What the counting job says in the end. */
export interface Counted {
  readonly counts: readonly (readonly [number, { readonly count: number; readonly sum: number }])[];
  readonly balanced: boolean;
  readonly read: number;
}

/** What a run of it came to. */
export interface CountingRun {
  /** Where it began to read. */
  readonly from: number;
  /** Its result, if it came to an end. */
  readonly counted: Counted | undefined;
  /** Commits that it has sent; `undefined` where it was killed, or nobody counts them. */
  readonly commits: number | undefined;
  /** How it has ended; `null` when it was killed. */
  readonly code: number | null;
  /** What it has said of errors. */
  readonly errors: string;
}

/** How to run the counting job. */
export interface CountingOptions {
  readonly path: string;
  readonly numbers: number;
  /** The commit and its step at which it is killed; see kill-at-commit.mjs. */
  readonly killAt?: string;
  /** Called when it reads on from a number. */
  readonly onRead?: (from: number, child: ChildProcess) => void;
}

/** Runs the counting job in a process of its own. */
export async function runCounting({ path, numbers, killAt, onRead }: CountingOptions): Promise<CountingRun> {
  const preload = ["--import", file("kill-at-commit.mjs")];
  const args = [...preload, file("counting-job.mjs"), path, String(numbers)];
  const env = { ...process.env, KILL_AT: killAt ?? "" };
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env });
  const errors: string[] = [];
  child.stderr.on("data", (data) => errors.push(String(data)));
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let counted: Counted | undefined;
  let commits: number | undefined;
  let from = Number.NaN;
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, value = ""] = line.split(/ (.*)/);
    if (word === "counts") counted = JSON.parse(value) as Counted;
    else if (word === "commits") commits = Number(value);
    else {
      if (Number.isNaN(from)) from = Number(value);
      onRead?.(Number(value), child);
    }
  }
  return { from, counted, commits, code: await exited, errors: errors.join("") };
}

/** What it counts, however often it is killed. */
export function expectedCount(numbers: number): Counted {
  const counts = Array.from({ length: 10 }, (_, digit) => {
    const mine = Array.from({ length: numbers / 10 }, (_, i) => 10 * i + digit);
    return [digit, { count: mine.length, sum: mine.reduce((sum, n) => sum + n, 0) }] as const;
  });
  return { counts, balanced: true, read: numbers };
}
