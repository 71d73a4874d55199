import type { PartitionKey } from "../packet/partition-key.ts";

/** Whose state a cell is: a record's key, or `undefined` for the state of a step without keys. */
export type StateKey = PartitionKey | undefined;

/** What stands in a change where a cell was deleted. */
export const absent: unique symbol = Symbol.for("@sage-kernel/absent") as never;
