import type { JsonValue } from "../errors/json.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Queue } from "../queue/queue.port.ts";
import type { Output } from "../routing/connection.ts";
import type { DeadLetter, DeadLetterSink } from "./dead-letter.ts";
import type { TaskLedger } from "./ledger.ts";

/** What a task did with one delivery. The commit owns it until it has answered. */
export interface UnitOfWork {
  /** 1, 2, 3 … without gaps, per incarnation of the task. */
  readonly sequence: number;
  /** Input position after the delivery; `undefined` when no input was taken. */
  readonly position: JsonValue | undefined;
  /** Batches for the target queues, in order per queue. */
  readonly outputs: readonly Output[];
  /** Records that failed for good. */
  readonly deadLetters: readonly DeadLetter[];
  /** The task's cumulative counts after this unit. */
  readonly ledger: TaskLedger;
}

/**
 * Port: makes what a task did with a delivery visible: input position, outputs, dead letters and counts.
 *
 * It answers at once, without a promise, when everything fits. Otherwise position, dead letters and the outputs that
 * fit become visible now, the rest is kept in the task's `pending` and moved on in parts, and the answer comes when
 * all of it was accepted downstream; the task takes no further input before. One commit at a time.
 */
export interface Commit {
  /**
   * Applies a unit of work. What it throws at once leaves everything as it was; a promise that rejects may have made a
   * part of the unit visible.
   *
   * @throws SageError `COMMIT_MISMATCH` when `sequence` is not the next one, `DEAD_LETTERS_FULL`, `QUEUE_CLOSED`.
   */
  commit(unit: UnitOfWork): MaybePromise<void>;
  /** The counts of the last applied unit. */
  readonly ledger: TaskLedger;
}

/** What a commit works on. */
export interface CommitScope {
  /** Id of the task instance. */
  readonly node: string;
  /** Its input; advanced by each unit with a position. */
  readonly input: Pick<Queue, "advance">;
  /** Where dead letters go. */
  readonly deadLetters: DeadLetterSink;
}

/** Port: opens the commit of one incarnation of a task. */
export interface CommitFactory {
  /** Called once per incarnation. */
  create(scope: CommitScope): Commit;
}
