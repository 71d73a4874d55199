import type { Fault } from "./fault.ts";
import type { RunResult } from "./run-simulation.ts";

/** A plan and what a run under it has come to. */
export interface Tried {
  readonly plan: readonly Fault[];
  readonly result: RunResult;
}

/** Most runs that are spent on making a plan smaller, and most time, in ms: one that never ends takes long. */
const mostRuns = 200;
const mostMs = 20_000;

/** What tells a failure from others: the first line of its message, whatever the numbers in it. */
export function failureKind({ message }: Error): string {
  return message.split("\n", 1)[0]?.replaceAll(/\d+(\.\d+)?/g, "0") ?? "";
}

/**
 * Makes a failing plan smaller while runs under it fail in the same way: drops ever smaller parts of it (Zeller's delta debugging,
 * ddmin), then lets what is left take less time.
 */
export async function shrunken(
  plan: readonly Fault[],
  result: RunResult,
  run: (plan: readonly Fault[]) => Promise<RunResult>,
): Promise<Tried> {
  let best: Tried = { plan, result };
  const kind = failureKind(result.failure as Error);
  const endAt = performance.now() + mostMs;
  let runs = 0;
  const fails = async (smaller: readonly Fault[]): Promise<boolean> => {
    if (runs++ >= mostRuns || performance.now() > endAt) return false;
    const tried = await run(smaller);
    if (tried.failure === undefined || failureKind(tried.failure) !== kind) return false;
    best = { plan: smaller, result: tried };
    return true;
  };
  if (best.plan.length > 0 && (await fails([]))) return best;
  for (let size = Math.ceil(best.plan.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.plan.length; ) {
      const smaller = best.plan.filter((_, i) => i < at || i >= at + size);
      if (smaller.length === 0 || !(await fails(smaller))) at += size;
    }
  }
  for (let at = 0; at < best.plan.length; at++) {
    const { ms } = best.plan[at] as Fault;
    if (ms === undefined || ms <= 1) continue;
    await fails(best.plan.map((fault, i) => (i === at ? { ...fault, ms: 1 } : fault)));
  }
  return best;
}
