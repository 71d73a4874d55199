import type { PartitionerFactory } from "@sage-kernel/core";

/** Gives each instance a run of so many records before the next one gets its own, for steps that work on neighbours. */
export function inRuns(length: number): PartitionerFactory {
  return () => {
    let count = 0;
    return { select: (_, targets) => Math.floor(count++ / length) % targets.length };
  };
}
