import type { BenchCase } from "../../harness/bench-case.ts";

/** A record of one key. */
export interface Visit {
  readonly user: string;
}

/** Counts the visits of each user and hands every count to `sink`; its state is alive until the last one is out. */
export type CountVisits = (visits: readonly Visit[], sink: (count: number) => void) => Promise<void>;

const KEYS = 1_000_000;
const MS_PER_S = 1000;

/**
 * How many records a count per key takes in per second, over a million keys; and what it keeps for each of them, as the
 * heap grown between the first record and the last, both collected. The keys themselves are there before.
 */
export function keyedStateCase(count: CountVisits): BenchCase {
  return async ({ size }) => {
    const users = Array.from({ length: KEYS }, (_, i) => `user-${i}`);
    const visits = Array.from({ length: size }, (_, i): Visit => ({ user: users[i % KEYS] as string }));
    await count(visits.slice(0, KEYS / 4), () => undefined); // warm
    const before = collectedHeap();
    let seen = 0;
    let sum = 0;
    let finishedAt = 0;
    let after = 0;
    const startedAt = performance.now();
    await count(visits, (visit) => {
      sum += visit;
      if (++seen < size) return;
      finishedAt = performance.now();
      after = collectedHeap();
    });
    mustEqual(sum, size, KEYS);
    const seconds = (finishedAt - startedAt) / MS_PER_S;
    return { value: size / seconds, extras: { bytesPerKey: (after - before) / KEYS } };
  };
}

/** The counts 1, 2, … of each key, added up. */
function mustEqual(sum: number, size: number, keys: number): void {
  let expected = 0;
  for (let round = 1, left = size; left > 0; round++, left -= keys) expected += round * Math.min(keys, left);
  if (sum !== expected) throw new Error(`the counts add up to ${sum} instead of ${expected}`);
}

function collectedHeap(): number {
  if (globalThis.gc === undefined) throw new Error("this case needs --expose-gc");
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
