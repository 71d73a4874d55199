import type { CompiledPipeline } from "../graph/compile.ts";
import type { DeadLetterSink } from "../state/dead-letter.ts";
import type { Gathered } from "../state/gathered.ts";
import type { StateStore } from "../state/state-store.port.ts";

/** What results are gathered with. */
export interface GatherScope {
  readonly pipeline: CompiledPipeline;
  readonly store: StateStore;
  readonly deadLetters: DeadLetterSink;
  readonly resultsOf: (step: string) => Gathered;
}

/** Takes what steps have collected in other processes, and their dead letters, from the store. @throws what the store throws. */
export async function gather({ pipeline, store, deadLetters, resultsOf }: GatherScope): Promise<void> {
  const { steps, tasks } = pipeline.graph;
  const collecting = new Set(steps.filter(({ kind }) => kind === "collect").map(({ id }) => id));
  for (const { id, step, index } of tasks) {
    deadLetters.restore?.(id, (await store.letters?.(id)) ?? []);
    if (collecting.has(step)) resultsOf(step).reset(index, (await store.collected?.(id)) ?? []);
  }
}
