import type { CompiledPipeline } from "../graph/compile.ts";
import type { Gathered } from "../state/gathered.ts";
import type { StateStore } from "../state/state-store.port.ts";

/** What results are gathered with. */
export interface GatherScope {
  readonly pipeline: CompiledPipeline;
  readonly store: StateStore;
  readonly resultsOf: (step: string) => Gathered;
}

/** Takes what steps have collected in other processes from the store. @throws what the store throws. */
export async function gather({ pipeline, store, resultsOf }: GatherScope): Promise<void> {
  const { steps, tasks } = pipeline.graph;
  const collecting = new Set(steps.filter(({ kind }) => kind === "collect").map(({ id }) => id));
  for (const { id, step, index } of tasks) {
    if (collecting.has(step)) resultsOf(step).reset(index, (await store.collected?.(id)) ?? []);
  }
}
