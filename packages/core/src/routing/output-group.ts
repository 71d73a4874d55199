import { describeValue, SageError } from "../errors/sage-error.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Connection, Output } from "./connection.ts";

/** Copies a record for one more receiver. */
export type CopyRecord = (payload: unknown) => unknown;

/** The connections from one sender to all instances of one downstream step. */
export interface OutputGroup {
  /** Name of the strategy. */
  readonly strategy: string;
  /** The downstream instances, by index. */
  readonly connections: readonly Connection[];
  /** True when its receivers share the records with other groups' receivers instead of getting copies. */
  readonly shared?: boolean;
  /** How many instances each record goes to, where that is always the same and not one. */
  readonly copies?: number;
  /**
   * Chooses the targets of one record, within the attempt that emitted it. Only groups whose choice may fail have it.
   */
  select?(records: RecordBuffer, index: number): readonly number[];
  /**
   * Partitions the unit's records. Owns them when `copy` is undefined; copies each one otherwise. `choice` tells where
   * in `records.routes` the group's own choices are.
   */
  route(records: RecordBuffer, outputs: Output[], copy: CopyRecord | undefined, choice: number): void;
}

/** Checks what a custom partitioner answered. */
export function checkRoute(answer: unknown, targets: number, step: string): readonly number[] {
  const indices: unknown[] = Array.isArray(answer) ? [...answer] : [answer];
  const valid = indices.every((i) => Number.isInteger(i) && (i as number) >= 0 && (i as number) < targets);
  if (valid && indices.length > 0 && new Set(indices).size === indices.length) return indices as number[];
  const shown = Array.isArray(answer) ? `[${answer.map(String).join(", ")}]` : describeValue(answer);
  throw new SageError("INVALID_ROUTE", { step, answer: shown, targets });
}
