import type { TaskContext } from "../context/task-context.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { PartitionKey } from "../packet/partition-key.ts";

const brand: unique symbol = Symbol.for("@sage-kernel/step-function") as never;

/**
 * Base of all function classes. There is one instance per task instance; `open` runs once before its first record,
 * `close` once after its last, also when the job fails or is cancelled.
 */
export abstract class StepFunction {
  /** Marks subclasses, so that a class is told from a function without `instanceof`. */
  static readonly [brand] = true;

  /** Prepares the instance; what it throws fails `submit()`. */
  open(_ctx: TaskContext): MaybePromise<void> {}

  /** Releases what `open` acquired. */
  close(): MaybePromise<void> {}
}

/** Turns one record into another; `undefined` drops the record, `null` is data. */
export abstract class MapFunction<In, Out> extends StepFunction {
  /** Called once per attempt at a record. */
  abstract execute(record: In, ctx: TaskContext): MaybePromise<Out | undefined>;
}

/** Keeps the records for which it answers `true`. */
export abstract class FilterFunction<In> extends StepFunction {
  /** Called once per attempt at a record. */
  abstract execute(record: In, ctx: TaskContext): MaybePromise<boolean>;
}

/** What a flat-map may return: any number of records. A string is one record; `undefined` is none. */
export type FlatMapResult<Out> = Iterable<Out> | AsyncIterable<Out> | undefined;

/** Turns one record into any number of records. */
export abstract class FlatMapFunction<In, Out> extends StepFunction {
  /** Called once per attempt at a record. */
  abstract execute(record: In, ctx: TaskContext): MaybePromise<FlatMapResult<Out>>;
}

/** Computes a record's key. */
export abstract class KeyByFunction<In, Key extends PartitionKey> extends StepFunction {
  /** Called once per attempt at a record. */
  abstract execute(record: In, ctx: TaskContext): MaybePromise<Key>;
}

/** Folds the records of one key. */
export abstract class ReduceFunction<In, Acc> extends StepFunction {
  /** Returns the new accumulator; must not change the old one, which may already be downstream. */
  abstract execute(accumulator: Acc, record: In, ctx: TaskContext): MaybePromise<Acc>;
}

/** Receives records at the end of a pipeline. */
export abstract class SinkFunction<In> extends StepFunction {
  /** Called once per attempt at a record. */
  abstract execute(record: In, ctx: TaskContext): MaybePromise<void>;
}

/** A class to instantiate once per task instance, or an object that creates the instances. */
export type FunctionSource<F extends StepFunction> = (new () => F) | { create(): F };

/** What `map` accepts. */
export type MapStep<In, Out> =
  | ((record: In, ctx: TaskContext) => MaybePromise<Out | undefined>)
  | FunctionSource<MapFunction<In, Out>>;

/** What `filter` accepts. */
export type FilterStep<In> =
  | ((record: In, ctx: TaskContext) => MaybePromise<boolean>)
  | FunctionSource<FilterFunction<In>>;

/** What `flatMap` accepts. */
export type FlatMapStep<In, Out> =
  | ((record: In, ctx: TaskContext) => MaybePromise<FlatMapResult<Out>>)
  | FunctionSource<FlatMapFunction<In, Out>>;

/** What `keyBy` accepts. */
export type KeyByStep<In, Key extends PartitionKey> =
  | ((record: In, ctx: TaskContext) => MaybePromise<Key>)
  | FunctionSource<KeyByFunction<In, Key>>;

/** What `reduce` accepts. */
export type ReduceStep<In, Acc> =
  | ((accumulator: Acc, record: In, ctx: TaskContext) => MaybePromise<Acc>)
  | FunctionSource<ReduceFunction<In, Acc>>;

/** What `sink` accepts. */
export type SinkStep<In> =
  | ((record: In, ctx: TaskContext) => MaybePromise<unknown>)
  | FunctionSource<SinkFunction<In>>;

/** Any step function, with its types erased. */
export type AnyStep = ((...args: never[]) => unknown) | FunctionSource<StepFunction>;

/** Tells a function class from a plain function: it extends {@link StepFunction}, or has an `execute` of its own. */
export function isFunctionClass(step: unknown): step is new () => StepFunction {
  if (typeof step !== "function") return false;
  if ((step as { readonly [brand]?: true })[brand] === true) return true;
  return typeof (step.prototype as { execute?: unknown } | undefined)?.execute === "function";
}
