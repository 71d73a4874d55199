import type { TaskContext } from "../context/task-context.ts";
import { describeValue } from "../errors/sage-error.ts";
import type { FoldOptions, KeyByOptions, OperatorOptions, ReduceOptions } from "../graph/step-options.ts";
import {
  type DeclarationProblem,
  type StepKind,
  stepId,
  type Transformation,
} from "../graph/transformation.ts";
import type { Collected } from "../job/job.ts";
import type {
  FilterStep,
  FlatMapStep,
  KeyByStep,
  MapStep,
  ReduceStep,
  SinkStep,
} from "../operator/functions.ts";
import {
  collectRecipe,
  filterRecipe,
  flatMapRecipe,
  keyByRecipe,
  mapRecipe,
  type OperatorRecipe,
  reduceRecipe,
  sinkRecipe,
} from "../operator/operator-recipes.ts";
import { isStep } from "../operator/step-code.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { BuiltInStrategy } from "../routing/partitioner.port.ts";
import type { Declaration } from "./declaration.ts";

/**
 * A typed handle on what a step emits. Every method declares a further step and leaves this handle usable: several
 * steps behind one stream each get every record.
 */
export class DataStream<T> {
  /** The steps whose records this stream carries: one, or several after a union. */
  protected readonly upstreams: readonly Transformation[];
  protected readonly declaration: Declaration;

  /** @internal Streams come from an environment and from other streams. */
  constructor(declaration: Declaration, upstreams: readonly Transformation[]) {
    this.declaration = declaration;
    this.upstreams = upstreams;
  }

  /** One record to at most one: `undefined` drops it, `null` is data. */
  map<U>(step: MapStep<T, U>, options: OperatorOptions<T> = {}): DataStream<U> {
    return new DataStream(this.declaration, [this.declare("map", options, mapRecipe(step), step)]);
  }

  /** Keeps the records for which the function answers `true`; a type guard narrows the stream. */
  filter<S extends T>(
    step: (record: T, ctx: TaskContext) => record is S,
    options?: OperatorOptions<T>,
  ): DataStream<S>;
  filter(step: FilterStep<T>, options?: OperatorOptions<T>): DataStream<T>;
  filter(step: FilterStep<T>, options: OperatorOptions<T> = {}): DataStream<T> {
    return new DataStream(this.declaration, [this.declare("filter", options, filterRecipe(step), step)]);
  }

  /** One record to any number: an iterable of records; a string is one record, `undefined` none. */
  flatMap<U>(step: FlatMapStep<T, U>, options: OperatorOptions<T> = {}): DataStream<U> {
    return new DataStream(this.declaration, [this.declare("flatMap", options, flatMapRecipe(step), step)]);
  }

  /** Gives each record a key; from here on, records with equal keys meet on the same instance. */
  keyBy<K extends PartitionKey>(step: KeyByStep<T, K>, options: KeyByOptions<T> = {}): KeyedStream<K, T> {
    const { strategy = "hash" } = options;
    return new KeyedStream(this.declaration, [
      this.declare("keyBy", options, keyByRecipe(step), step, true, strategy),
    ]);
  }

  /** This stream and others as one; each keeps its own order. */
  union<Us extends readonly unknown[]>(
    ...others: { readonly [I in keyof Us]: DataStream<Us[I]> }
  ): DataStream<T | Us[number]> {
    const upstreams = (others as readonly DataStream<unknown>[]).flatMap((other) => other.upstreams);
    return new DataStream<T | Us[number]>(this.declaration, [...this.upstreams, ...upstreams]);
  }

  /** Hands each record to a function. Returns this same stream, so that sinks can be chained: each gets every record. */
  sink(step: SinkStep<T>, options: OperatorOptions<T> = {}): this {
    this.declare("sink", options, sinkRecipe(step), step);
    return this;
  }

  /** Gathers the records in memory, per job: read them with `job.collected(handle)`. */
  collect(options: OperatorOptions<T> = {}): Collected<T> {
    return {
      step: stepId(this.declare("collect", options, collectRecipe(), discard)),
      owner: this.declaration,
    };
  }

  /** Ends the pipeline here on purpose: the records are discarded. */
  run(options: OperatorOptions<T> = {}): void {
    this.declare("run", options, sinkRecipe(discard), discard);
  }

  /** Declares a step behind this stream; by default its output is keyed as its input is. */
  protected declare(
    kind: StepKind,
    options: Transformation["options"],
    recipe: OperatorRecipe,
    step: unknown,
    keyed: boolean = this.upstreams.every((upstream) => upstream.keyed),
    strategy: BuiltInStrategy = keyed ? "hash" : "round-robin",
  ): Transformation {
    return this.declaration.add({
      kind,
      options,
      inputs: [this.upstreams],
      keyed,
      strategy,
      ...(isStep(step) ? {} : { problem: noFunction(step) }),
      createRuntime: ({ loops, results }) => ({ createOperator: () => recipe(loops, results) }),
    });
  }
}

/** A stream whose records have keys of type `K`: it can be reduced per key, and stays keyed until it is keyed again. */
export class KeyedStream<K extends PartitionKey, T> extends DataStream<T> {
  /** Never set; carries the type of the keys. */
  declare readonly keyType: K;

  override map<U>(step: MapStep<T, U>, options: OperatorOptions<T> = {}): KeyedStream<K, U> {
    return new KeyedStream(this.declaration, [this.declare("map", options, mapRecipe(step), step)]);
  }

  override filter<S extends T>(
    step: (record: T, ctx: TaskContext) => record is S,
    options?: OperatorOptions<T>,
  ): KeyedStream<K, S>;
  override filter(step: FilterStep<T>, options?: OperatorOptions<T>): KeyedStream<K, T>;
  override filter(step: FilterStep<T>, options: OperatorOptions<T> = {}): KeyedStream<K, T> {
    return new KeyedStream(this.declaration, [this.declare("filter", options, filterRecipe(step), step)]);
  }

  override flatMap<U>(step: FlatMapStep<T, U>, options: OperatorOptions<T> = {}): KeyedStream<K, U> {
    return new KeyedStream(this.declaration, [this.declare("flatMap", options, flatMapRecipe(step), step)]);
  }

  /**
   * Folds the records of each key, in their order. Without `initial` a key's first record is its accumulator. The
   * function returns a new accumulator and leaves the old one as it is; so must every step behind it, since what is
   * emitted is the accumulator itself.
   */
  reduce<Acc>(step: ReduceStep<T, Acc>, options: FoldOptions<T, Acc>): KeyedStream<K, Acc>;
  reduce(step: ReduceStep<T, T>, options?: ReduceOptions<T>): KeyedStream<K, T>;
  reduce<Acc>(
    step: ReduceStep<T, Acc>,
    options: ReduceOptions<T> & Partial<FoldOptions<T, Acc>> = {},
  ): KeyedStream<K, Acc> {
    const { initial, emit = "each", ...rest } = options;
    return new KeyedStream(this.declaration, [
      this.declare("reduce", rest, reduceRecipe(step, { initial, emit }), step),
    ]);
  }
}

const discard = (): void => undefined;

function noFunction(step: unknown): DeclarationProblem {
  return {
    reason: "INVALID_FUNCTION",
    message: `Its function is ${describeValue(step)}.`,
    remedy:
      "Pass a function, a class with execute(), or an object whose create() returns an instance of one.",
  };
}
