import type { TaskContext } from "../context/task-context.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import { type FunctionSource, type PairFunction, StepFunction } from "./functions.ts";

/** Combines two records with equal keys; `undefined` emits nothing for this pair. */
export abstract class JoinFunction<Left, Right, Out> extends StepFunction<Out> {
  /** Called for each pair, when the later one of the two comes. */
  abstract execute(left: Left, right: Right, ctx: TaskContext): MaybePromise<Out | undefined>;
}

/** What `join` accepts. */
export type JoinStep<Left, Right, Out> =
  | ((left: Left, right: Right, ctx: TaskContext) => MaybePromise<Out | undefined>)
  | FunctionSource<PairFunction<Left, Right, Out | undefined, Out>>;

/**
 * Base of classes for `coMap`: has a method `map0`, `map1`, … for each connected stream, each of which works as a
 * `MapFunction`'s `execute`.
 */
export abstract class CoMapFunction<Out> extends StepFunction<Out> {
  /** For the records of the first stream. */
  abstract map0(record: never, ctx: TaskContext): MaybePromise<Out | undefined>;
  /** For the records of the second stream. */
  abstract map1(record: never, ctx: TaskContext): MaybePromise<Out | undefined>;
}

/** One method `mapN` for each of the connected streams. */
export type CoMapMethods<Ins extends readonly unknown[]> = {
  readonly [I in keyof Ins as I extends `${number}` ? `map${I}` : never]: (
    record: Ins[I],
    ctx: TaskContext,
  ) => unknown;
};

/** What `coMap` accepts: an object with the methods, or a class or factory of one. */
export type CoMapStep<Methods> = Methods | FunctionSource<Methods>;

/** What the methods emit: all their results, without `undefined`. */
export type CoMapOutput<Methods> = {
  [M in keyof Methods]-?: M extends `map${number}`
    ? Methods[M] extends (...args: never[]) => infer Result
      ? Exclude<Awaited<Result>, undefined>
      : never
    : never;
}[keyof Methods];
