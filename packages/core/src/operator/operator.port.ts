import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { StepContext } from "./step-context.ts";

/** Where a run over a batch stopped, and why. */
export class Cursor {
  /** Index of the first record that is not done. */
  index = 0;
  /** Records that emitted nothing on purpose, since the caller last reset it. */
  filtered = 0;
  /** The promise that the user's function returned for the record at `index`, if that is why it stopped. */
  answer: unknown;
}

/**
 * What a task runs: pure step logic around the user's function. One per task instance; calls never overlap, except
 * that several `invoke`s may be in flight when the step is concurrent.
 */
export interface Operator {
  /** Prepares the user's code. What it throws fails `submit()`. */
  open(ctx: StepContext): MaybePromise<void>;

  /**
   * Processes the records from `from` to `to` in a tight loop and appends their outputs. Stops early at a record
   * whose function returned a promise, which is left in `cursor.answer`; on return and on throw `cursor.index` is the
   * first record that is not done, and nothing of that record is in `out`.
   *
   * @throws what the user's function throws for the record at `cursor.index`.
   */
  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void;

  /** Calls the user's function for one record, without effect on the outputs. */
  invoke(record: unknown, key: PartitionKey | undefined): unknown;

  /**
   * Turns the settled answer of {@link invoke} into outputs; leaves nothing behind when it throws. Answers `true`
   * when the record was filtered out.
   */
  apply(
    answer: unknown,
    record: unknown,
    key: PartitionKey | undefined,
    out: RecordBuffer,
  ): MaybePromise<boolean>;

  /** Takes back what the last record changed inside the operator: its outputs could not be routed. */
  undo(): void;

  /** Emits up to `max` of what is left once all inputs ended; called until it answers `true`. */
  finish(out: RecordBuffer, max: number): MaybePromise<boolean>;

  /** Ends the user's code; called exactly once after a successful or failed `open`. */
  close(): MaybePromise<void>;
}

/** Makes the operator of one task instance. */
export type OperatorFactory = (index: number) => Operator;
