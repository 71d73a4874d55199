import type { TaskContext } from "../context/task-context.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { FunctionSource } from "./functions.ts";

/** One unit of work of one task, as a transaction of a sink. */
export interface Transaction {
  /** Tells it from every other one: `job/task/sequence`. */
  readonly id: string;
  /** The task that it belongs to: `job/task`. */
  readonly task: string;
  /** Its place among the transactions of its task: ascending, not without gaps. */
  readonly sequence: number;
}

/**
 * Base of sinks whose effects become visible together with the unit of work they belong to, by two phases: the records
 * are staged before the commit, and made visible after it. What was staged for a unit that was never committed must be
 * dropped when the task starts over.
 */
export abstract class TransactionalSink<T> {
  /** Prepares the instance; what it throws fails `submit()`, and later the restart. */
  open(_ctx: TaskContext): MaybePromise<void> {}

  /**
   * Called when a task starts, before anything else: makes visible what is staged under this task with a sequence of at
   * most `upTo`, and drops the rest.
   */
  abstract recover(task: string, upTo: number): MaybePromise<void>;

  /** Writes records so that nobody sees them yet; called once per unit, before its commit. */
  abstract stage(transaction: Transaction, records: readonly T[]): MaybePromise<void>;

  /** Makes what is staged visible; called after the commit, and has no further effect when it is called again. */
  abstract commit(transaction: Transaction): MaybePromise<void>;

  /** Releases what `open` acquired. */
  close(): MaybePromise<void> {}
}

/** An instance of a transactional sink, whose `open` and `close` may be left out. */
export interface StagedSink<T> {
  /** See {@link TransactionalSink.open}. */
  open?(ctx: TaskContext): MaybePromise<void>;
  /** See {@link TransactionalSink.recover}. */
  recover(task: string, upTo: number): MaybePromise<void>;
  /** See {@link TransactionalSink.stage}. */
  stage(transaction: Transaction, records: readonly T[]): MaybePromise<void>;
  /** See {@link TransactionalSink.commit}. */
  commit(transaction: Transaction): MaybePromise<void>;
  /** See {@link TransactionalSink.close}. */
  close?(): MaybePromise<void>;
}

/** What `transactionalSink` accepts. */
export type TransactionalStep<T> = FunctionSource<StagedSink<T>>;

/** The methods that a transactional sink must have. */
export const transactionalMethods = ["recover", "stage", "commit"] as const;
