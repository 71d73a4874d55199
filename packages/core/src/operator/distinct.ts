import type { TaskContext } from "../context/task-context.ts";

/** Keeps the first record of each key; with `ttlMs`, the first one again after a key was quiet for so long. */
export function distinctFilter(ttlMs: number | undefined): (record: unknown, ctx: TaskContext) => boolean {
  const options = ttlMs === undefined ? {} : { ttlMs };
  return (_, { state }) => {
    const seen = state.value<true>("distinct", options);
    const first = seen.get() === undefined;
    if (first || ttlMs !== undefined) seen.set(true);
    return first;
  };
}
