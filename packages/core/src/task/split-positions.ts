import type { JsonValue } from "../errors/json.ts";

/** How far one split has come. */
export interface SplitPosition {
  readonly [field: string]: JsonValue;
  /** What the source said; `null` at its beginning. */
  readonly at: JsonValue;
  /** Records behind that which are done, where a poll was done in part. */
  readonly skip: number;
  /** Whether nothing follows. */
  readonly done: boolean;
}

/** How far the splits of one source task have come, by their ids: the position of its input. */
export type SplitPositions = { readonly [split: string]: SplitPosition };

/** A split of which nothing was read. */
export const unread: SplitPosition = Object.freeze({ at: null, skip: 0, done: false });

/** The splits that an instance reads: every so-manieth one. */
export function splitsOf(splits: readonly string[], index: number, parallelism: number): string[] {
  return splits.filter((_, i) => i % parallelism === index);
}
