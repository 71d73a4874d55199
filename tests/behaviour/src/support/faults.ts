import type { Adapter } from "@sage-kernel/core/di";
import { SeededRandom } from "@sage-kernel/core/spi";
import { type CommitFault, FaultyStores, randomFaults } from "@sage-kernel/testkit";

/** Restarts whatever fails, after a moment and as often as it takes. */
export const restart = { kind: "fixedDelay", attempts: 1000, delayMs: 1 } as const;

/** Stores in which about one commit in `every` goes wrong, at most 20 in all; none does without a number. */
export function faultyStores(seed: number, every?: number): Adapter {
  const budget = every === undefined ? 0 : 20;
  return new FaultyStores(randomFaults(new SeededRandom(seed), every ?? 1, budget)).adapter;
}

/** Stores in which one commit of one task goes wrong, the first time it is tried. */
export function faultyOnce(task: string, sequence: number, fault: CommitFault): FaultyStores {
  let done = false;
  return new FaultyStores((unit, node) => {
    if (done || node !== task || unit.sequence !== sequence) return undefined;
    done = true;
    return fault;
  });
}
