import type { BenchCase } from "../../harness/bench-case.ts";
import { keyedStateCase } from "./keyed-state-case.ts";

/** A loop with a `Map`: no commit, nothing to restart from. */
export const rate: BenchCase = keyedStateCase(async (visits, sink) => {
  const counts = new Map<string, number>();
  for (const { user } of visits) {
    const count = (counts.get(user) ?? 0) + 1;
    counts.set(user, count);
    sink(count);
  }
});
