import type { ServiceCaller } from "../context/service-caller.ts";
import type { TaskContext } from "../context/task-context.ts";
import { SageError } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { Emit } from "./emit.ts";

const brand: unique symbol = Symbol.for("@sage-kernel/step-function") as never;

/**
 * Base of all function classes. There is one instance per task instance; `open` runs once before its first record,
 * `close` once after its last, also when the job fails or is cancelled.
 */
export abstract class StepFunction<Out = never> {
  /** Marks subclasses, so that a class is told from a function without `instanceof`. */
  static readonly [brand] = true;
  #ctx: TaskContext | undefined;

  /** @internal Lets an instance of a step function call services; anything else is left alone. */
  static bind(instance: object, ctx: TaskContext): void {
    if (#ctx in instance) instance.#ctx = ctx;
  }

  /**
   * Calls a service, from `open` on. The call belongs to the task and not to a record: it ends with the task. Where the
   * record's own time limit counts, use `ctx.callService`.
   *
   * @throws SageError `NO_RUNTIME_CONTEXT` before `open`, and like `ctx.callService`.
   */
  protected readonly callService: ServiceCaller["callService"] = (call: never, ...args: never) => {
    if (this.#ctx === undefined) throw new SageError("NO_RUNTIME_CONTEXT", { operation: "callService()" });
    return this.#ctx.callService(call, ...(args as [])) as Promise<never>;
  };

  /** Prepares the instance; what it throws fails `submit()`. */
  open(_ctx: TaskContext): MaybePromise<void> {}

  /** Called once per input, when the input has ended and its last record is done; never after cancel or failure. */
  onInputEnd(_index: number): MaybePromise<void> {}

  /** Called once after all inputs have ended; may still emit. Never called after cancel or failure. */
  finish(_emit: Emit<Out>, _ctx: TaskContext): MaybePromise<void> {}

  /**
   * Called when a timer is due that `ctx.timer(at)` has set, with the context of its key; those that are left at the
   * end of the input are all called then, in their order. What it emits has that key. Only a class that has it can set
   * timers.
   */
  onTimer?(at: number, emit: Emit<Out>, ctx: TaskContext): MaybePromise<void>;

  /** Releases what `open` acquired. */
  close(): MaybePromise<void> {}
}

/** Turns one record into another; `undefined` drops the record, `null` is data. */
export abstract class MapFunction<In, Out> extends StepFunction<Out> {
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
export abstract class FlatMapFunction<In, Out> extends StepFunction<Out> {
  /** Called once per attempt at a record. */
  abstract execute(record: In, ctx: TaskContext): MaybePromise<FlatMapResult<Out>>;
}

/** Computes a record's key. */
export abstract class KeyByFunction<In, Key extends PartitionKey> extends StepFunction {
  /** Called once per attempt at a record. */
  abstract execute(record: In, ctx: TaskContext): MaybePromise<Key>;
}

/** Folds the records of one key. */
export abstract class ReduceFunction<In, Acc> extends StepFunction<Acc> {
  /** Returns the new accumulator; must not change the old one, which may already be downstream. */
  abstract execute(accumulator: Acc, record: In, ctx: TaskContext): MaybePromise<Acc>;
}

/** Receives records at the end of a pipeline. */
export abstract class SinkFunction<In> extends StepFunction {
  /** Called once per attempt at a record. */
  abstract execute(record: In, ctx: TaskContext): MaybePromise<void>;
}

/** The hooks of a function class, all of which may be left out by a class that extends nothing of ours. */
export interface StepHooks<Out> {
  /** See {@link StepFunction.open}. */
  open?(ctx: TaskContext): MaybePromise<void>;
  /** See {@link StepFunction.onInputEnd}. */
  onInputEnd?(index: number): MaybePromise<void>;
  /** See {@link StepFunction.finish}. */
  finish?(emit: Emit<Out>, ctx: TaskContext): MaybePromise<void>;
  /**
   * Called when a timer is due that `ctx.timer(at)` has set, with the context of its key; those that are left at the
   * end of the input are all called then, in their order. What it emits has that key.
   */
  onTimer?(at: number, emit: Emit<Out>, ctx: TaskContext): MaybePromise<void>;
  /** See {@link StepFunction.close}. */
  close?(): MaybePromise<void>;
}

/** An instance of a function class for steps with one record at a time. */
export interface RecordFunction<In, Answer, Out> extends StepHooks<Out> {
  /** Called once per attempt at a record. */
  execute(record: In, ctx: TaskContext): MaybePromise<Answer>;
}

/** An instance of a function class for steps that combine two values. */
export interface PairFunction<Left, Right, Answer, Out> extends StepHooks<Out> {
  /** Called once per attempt at a pair. */
  execute(left: Left, right: Right, ctx: TaskContext): MaybePromise<Answer>;
}

/** A class to instantiate once per task instance, or an object that creates the instances. */
export type FunctionSource<F> = (new () => F) | { create(): F };

/** What `map` accepts. */
export type MapStep<In, Out> =
  | ((record: In, ctx: TaskContext) => MaybePromise<Out | undefined>)
  | FunctionSource<RecordFunction<In, Out | undefined, Out>>;

/** What `filter` accepts. */
export type FilterStep<In> =
  | ((record: In, ctx: TaskContext) => MaybePromise<boolean>)
  | FunctionSource<RecordFunction<In, boolean, never>>;

/** What `flatMap` accepts. */
export type FlatMapStep<In, Out> =
  | ((record: In, ctx: TaskContext) => MaybePromise<FlatMapResult<Out>>)
  | FunctionSource<RecordFunction<In, FlatMapResult<Out>, Out>>;

/** What `keyBy` accepts. */
export type KeyByStep<In, Key extends PartitionKey> =
  | ((record: In, ctx: TaskContext) => MaybePromise<Key>)
  | FunctionSource<RecordFunction<In, Key, never>>;

/** What `reduce` accepts. */
export type ReduceStep<In, Acc> =
  | ((accumulator: Acc, record: In, ctx: TaskContext) => MaybePromise<Acc>)
  | FunctionSource<PairFunction<Acc, In, Acc, Acc>>;

/** What `sink` accepts. */
export type SinkStep<In> =
  | ((record: In, ctx: TaskContext) => MaybePromise<unknown>)
  | FunctionSource<RecordFunction<In, unknown, never>>;

/** Any step function, with its types erased. */
export type AnyStep = ((...args: never[]) => unknown) | FunctionSource<object>;

/** Tells a function class from a plain function: it extends {@link StepFunction}, or has one of these methods. */
export function isFunctionClass(step: unknown, method = "execute"): step is new () => object {
  if (typeof step !== "function") return false;
  if ((step as { readonly [brand]?: true })[brand] === true) return true;
  return typeof (step.prototype as Record<string, unknown> | undefined)?.[method] === "function";
}
