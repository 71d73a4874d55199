import type { JsonValue } from "../errors/json.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { Output } from "../routing/connection.ts";
import type { ChannelMarks } from "./channel-marks.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { TaskLedger } from "./ledger.ts";
import type { StateReader } from "./state-reader.port.ts";
import type { TableChanges } from "./state-table.ts";

/** A record of a channel: the channel's number, and the record's sequence number on it. */
export type RecordId = readonly [channel: number, seq: number];

/**
 * What a task did with a delivery, or with a part of one. It is an attempt: once it was committed it never changes,
 * and while its outcome is unknown the very same object is committed again.
 */
export interface UnitOfWork {
  /** Which incarnation it comes from. */
  readonly epoch: number;
  /** 1, 2, 3 … without gaps over the life of the task. */
  readonly sequence: number;
  /** With `epoch`, the identity of this attempt, that is of its content: never used for anything else. */
  readonly attempt: number;
  /** Input position after the unit; `undefined` when no input was taken. */
  readonly position: JsonValue | undefined;
  /** The elements that it takes from the input, in order: those between the last position and this one. */
  readonly consumed: readonly Batch[];
  /** All records behind the position that are done nevertheless: a concurrent step may work ahead. */
  readonly ahead: readonly RecordId[];
  /** Batches for the target queues, in order per queue. */
  readonly outputs: readonly Output[];
  /** Records that failed for good. */
  readonly deadLetters: readonly DeadLetter[];
  /** Records for the job's own results. */
  readonly collected: readonly unknown[];
  /** What changes in the task's state, timers included. */
  readonly state: readonly TableChanges[];
  /** Records of the operator's `finish` that were handed out so far. */
  readonly handedOut: number;
  /** True for the last one, with the stop signals: the task has finished. */
  readonly finished: boolean;
  /** The task's cumulative counts after this unit. */
  readonly ledger: TaskLedger;
}

/**
 * What a commit came to.
 *
 * - `applied`: all of it is visible, at once and together. Outputs that did not fit are kept as the task's `pending`
 *   and move on in parts; `delivered` settles when all are downstream, and is left out when they are already. `durable`
 *   settles when the unit is as safe as the store was asked to keep it, before which nothing of it may leave the system, and
 *   is left out when it is already.
 * - `alreadyApplied`: this very attempt was applied before; its first answer was lost.
 * - `backpressure`: nothing was written; commit the same unit again when `room` has settled. `waitsFor` says in words
 *   what there is no room for, where the store can tell.
 * - `fenced`: nothing was written; a later incarnation owns the task. Give up.
 * - `mismatch`: nothing was written; the task has committed something that this incarnation does not know of.
 * - `inputVanished`: nothing was written; the store has lost input that was read. Start over from what it has.
 */
export type CommitOutcome =
  | {
      readonly code: "applied" | "alreadyApplied";
      readonly delivered?: PromiseLike<void> | undefined;
      readonly durable?: PromiseLike<void> | undefined;
    }
  | {
      readonly code: "backpressure";
      readonly room: PromiseLike<void>;
      readonly waitsFor?: string | undefined;
    }
  | { readonly code: "fenced" | "mismatch" | "inputVanished" };

/** How far a task has come: where a new incarnation goes on. */
export interface TaskProgress {
  /** Units applied. */
  readonly sequence: number;
  /** Input position; `undefined` before the first unit with one. */
  readonly position: JsonValue | undefined;
  /** What was consumed. */
  readonly received: ChannelMarks;
  /** What was sent. */
  readonly sent: ChannelMarks;
  /** Records behind the position that are done. */
  readonly ahead: readonly RecordId[];
  /** Records of `finish` that were handed out. */
  readonly handedOut: number;
  /** Whether the stop signals were sent. */
  readonly finished: boolean;
  /** Whether it had finished in the job whose snapshot this one goes on from: it ends without finishing again. */
  readonly retired: boolean;
  /** Cumulative counts. */
  readonly ledger: TaskLedger;
  /** Settles when everything committed before is downstream, which may have happened; `undefined` when it has. */
  readonly delivered: PromiseLike<void> | undefined;
}

/**
 * Port: one incarnation's hold on its task: what was committed before, and the one way to add to it. Position,
 * outputs, state, timers, dead letters and counts of a unit become visible together or not at all.
 */
export interface Commit {
  /** Which incarnation this is, from 1; a higher one fences all lower ones. */
  readonly epoch: number;
  /** How far the task had come when this incarnation was opened. */
  readonly restored: TaskProgress;
  /** The task's committed state. */
  readonly state: StateReader;
  /**
   * Applies a unit of work, or says why not. It answers without a promise where it can. Units come one at a time: the
   * next one when the last one was answered with `applied`, and when its outputs are `delivered`.
   *
   * @throws SageError `COMMIT_UNANSWERED` when nobody knows whether it was applied: commit the very same unit again.
   * Anything else means that nothing was written: `DEAD_LETTERS_FULL`, `STATE_INVALID`.
   */
  commit(unit: UnitOfWork): MaybePromise<CommitOutcome>;
  /** How far the task has come by now. */
  readonly progress: TaskProgress;
}
