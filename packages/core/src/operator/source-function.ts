import type { TaskContext } from "../context/task-context.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { FunctionSource, StepHooks } from "./functions.ts";

/** What a {@link SourceFunction} answers at its end. `null` and every other value is a record. */
export const endOfSource: unique symbol = Symbol.for("@sage-kernel/end-of-source") as never;

/** What a source may answer: a record, nothing for now (`undefined`), or its end. */
export type SourceAnswer<T> = T | undefined | typeof endOfSource;

/**
 * Base of source classes, asked for one record at a time. There is one instance per task instance: parallel instances
 * must share the work by `ctx.index` and `ctx.parallelism`.
 *
 * `ctx.signal` fires when the source is told to end, by a drain as well as by a cancel: an `execute` that waits should
 * then give up. What it still answers is delivered; what it throws then is taken for its end.
 */
export abstract class SourceFunction<T> {
  /** Prepares the instance; what it throws fails `submit()`. */
  open(_ctx: TaskContext): MaybePromise<void> {}

  /** The next record; `undefined` when there is none for now; {@link endOfSource} at the end. */
  abstract execute(ctx: TaskContext): MaybePromise<SourceAnswer<T>>;

  /** Releases what `open` acquired. */
  close(): MaybePromise<void> {}
}

/** An instance of a source class, whose hooks may be left out. */
export interface AnsweringSource<T> extends Pick<StepHooks<never>, "open" | "close"> {
  /** See {@link SourceFunction.execute}. */
  execute(ctx: TaskContext): MaybePromise<SourceAnswer<T>>;
}

/** What `fromSource` accepts. */
export type SourceStep<T> =
  | ((ctx: TaskContext) => MaybePromise<SourceAnswer<T>>)
  | FunctionSource<AnsweringSource<T>>;
