import type { FutureSlot, StepOutput, Upstream } from "./transformation.ts";

/** Where records really come from, and by which future if one lies between. */
export interface ResolvedUpstream extends StepOutput {
  readonly future: FutureSlot | undefined;
}

/** Follows futures to the steps that fill them. */
export function resolveUpstream(upstream: Upstream, seen: readonly FutureSlot[] = []): ResolvedUpstream[] {
  if ("step" in upstream) return [{ ...upstream, future: seen[0] }];
  const { future, shared } = upstream;
  if (seen.includes(future)) return [];
  return future.fills
    .flat()
    .flatMap((fill) => resolveUpstream(fill, [...seen, future]))
    .map((found) => ({ ...found, shared: found.shared || shared }));
}
