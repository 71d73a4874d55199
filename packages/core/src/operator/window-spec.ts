import { describeValue, SageError } from "../errors/sage-error.ts";
import type { PartitionKey } from "../packet/partition-key.ts";

/** Windows of processing time: of one size side by side, or for as long as a key is never quiet for a gap. */
export type WindowSpec =
  | { readonly kind: "tumbling"; readonly sizeMs: number }
  | { readonly kind: "session"; readonly gapMs: number };

/** A window that is over. */
export interface WindowResult<K extends PartitionKey = PartitionKey, Acc = unknown> {
  /** The key whose records it holds. */
  readonly key: K;
  /** Where it begins, in ms since the Unix epoch. */
  readonly start: number;
  /** Where it ends; a record at that time is not in it. */
  readonly end: number;
  /** What its records were folded to. */
  readonly value: Acc;
}

/**
 * Windows of `sizeMs` side by side, counted from the Unix epoch.
 *
 * @throws SageError `INVALID_OPTION` for what is no time.
 */
export function tumbling(sizeMs: number): WindowSpec {
  return { kind: "tumbling", sizeMs: checked("tumbling(sizeMs)", sizeMs) };
}

/**
 * Windows that last until no record of their key has come for `gapMs`.
 *
 * @throws SageError `INVALID_OPTION` for what is no time.
 */
export function session(gapMs: number): WindowSpec {
  return { kind: "session", gapMs: checked("session(gapMs)", gapMs) };
}

/** Whether a value is a specification of windows. */
export function isWindowSpec(value: unknown): value is WindowSpec {
  const spec = value as Partial<Record<"kind" | "sizeMs" | "gapMs", unknown>> | null | undefined;
  if (spec?.kind === "tumbling") return isTime(spec.sizeMs);
  return spec?.kind === "session" && isTime(spec.gapMs);
}

/** The window of a record that comes at a time, where `open` is the one that is open. */
export function windowAt(
  spec: WindowSpec,
  now: number,
  open: { readonly start: number; readonly end: number } | undefined,
): { readonly start: number; readonly end: number } {
  if (spec.kind === "session") return { start: open?.start ?? now, end: now + spec.gapMs };
  if (open !== undefined) return { start: open.start, end: open.end };
  const start = Math.floor(now / spec.sizeMs) * spec.sizeMs;
  return { start, end: start + spec.sizeMs };
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

function checked(path: string, value: number): number {
  if (isTime(value)) return value;
  const expected = "a number of ms above 0";
  throw new SageError("INVALID_OPTION", { path, problem: `is ${describeValue(value)}`, expected });
}
