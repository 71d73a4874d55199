import type { Gate } from "./gate.ts";

/** A source of these items that ends only when a gate is opened. */
export function held<T>(items: Iterable<T>, end: Pick<Gate, "opened">): () => AsyncGenerator<T> {
  return async function* () {
    yield* items;
    await end.opened;
  };
}
