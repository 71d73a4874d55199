import type { ServiceRef } from "../context/service-ref.ts";
import type { TaskContext } from "../context/task-context.ts";
import type {
  DistinctOptions,
  FoldOptions,
  KeyByOptions,
  OperatorOptions,
  ReduceOptions,
  SinkOptions,
} from "../graph/step-options.ts";
import type { Collected } from "../job/collected.ts";
import type {
  FilterStep,
  FlatMapStep,
  KeyByStep,
  MapStep,
  ReduceStep,
  SinkStep,
} from "../operator/functions.ts";
import type { CoMapMethods, CoMapOutput, CoMapStep, JoinStep } from "../operator/join-functions.ts";
import type { ProcessStep } from "../operator/process-function.ts";
import type { TransactionalStep } from "../operator/transactional-sink.ts";
import type { WindowResult, WindowSpec } from "../operator/window-spec.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { DeadLetter } from "../state/dead-letter.ts";

/** Something that a stream of `T` can fill: a future of the same environment. */
export interface Fillable<in T, out E extends string = string> {
  /** Never set; carries the type. */
  readonly accepts: (record: T) => void;
  /** Never set; carries the environment's name. */
  readonly environment: E;
}

/** Something that a stream of `T` can answer: the requests of a pipeline of the same environment. */
export interface Answerable<in T, out E extends string = string> {
  /** Never set; carries the type of the answers. */
  readonly answers: (record: T) => void;
  /** Never set; carries the environment's name. */
  readonly environment: E;
}

/**
 * A typed handle on what a step emits: records of type `T`. Every method declares a further step and leaves this
 * handle usable: several steps behind one stream each get every record.
 *
 * `E` is the name of the environment, so that streams of two environments are not mixed; `In` is the type of the
 * records that the step received, which is what its dead letters hold; it is no part of what makes two streams alike.
 */
export interface DataStream<out T, out E extends string = string, In = unknown> {
  /** Never set; carries the environment's name. */
  readonly environment: E;

  /** One record to at most one: `undefined` drops it, `null` is data. */
  map<U>(step: MapStep<T, U>, options?: OperatorOptions<T>): DataStream<U, E, T>;

  /** Keeps the records for which the function answers `true`; a type guard narrows the stream. */
  filter<S extends T>(
    step: (record: T, ctx: TaskContext) => record is S,
    options?: OperatorOptions<T>,
  ): DataStream<S, E, T>;
  filter(step: FilterStep<T>, options?: OperatorOptions<T>): DataStream<T, E, T>;

  /**
   * One record to any number: an iterable of records; a string is one record, `undefined` none. All that one record
   * comes to is gathered before it moves on, so a record should not come to more than fits into memory.
   */
  flatMap<U>(step: FlatMapStep<T, U>, options?: OperatorOptions<T>): DataStream<U, E, T>;

  /**
   * The low-level step: sees each record with its key and headers, and emits by itself. What it emits is gathered until
   * the record has settled. Where the function does not say, name the type: `process<Alert>(…)`.
   */
  process<U>(step: ProcessStep<T, U>, options?: OperatorOptions<T>): DataStream<U, E, T>;

  /** Gives each record a key; from here on, records with equal keys meet on the same instance. */
  keyBy<K extends PartitionKey>(step: KeyByStep<T, K>, options?: KeyByOptions<T>): KeyedStream<K, T, E, T>;

  /** This stream and others as one; each keeps its own order. */
  union<Us extends readonly unknown[]>(
    ...others: { readonly [I in keyof Us]: DataStream<Us[I], E> }
  ): DataStream<T | Us[number], E>;

  /** This stream and others side by side, for a `coMap`, which knows where each record came from. */
  connect<Us extends readonly unknown[]>(
    ...others: { readonly [I in keyof Us]: DataStream<Us[I], E> }
  ): ConnectedStreams<readonly [T, ...Us], E>;

  /** Lets the receivers of this stream share its records: no copies, so none of them may change a record. */
  shared(): DataStream<T, E, In>;

  /**
   * The records that failed for good in the step behind this handle, with reason and error, as a stream. It takes
   * them instead of `job.deadLetters`. The step needs `onError: "deadLetter"`.
   */
  deadLetters<Record = In>(): DataStream<DeadLetter<Record>, E>;

  /** Fills a future: the way back of a feedback loop. */
  fill(future: Fillable<T, E>): void;

  /**
   * Hands each record to a function. Returns this same stream, so that sinks can be chained: each gets every record.
   * After a crash its function may get again what it got before: say `idempotent: true` where that does no harm, since
   * the function uses `ctx.recordId` or something like it.
   */
  sink(step: SinkStep<T>, options?: SinkOptions<T>): this;

  /**
   * Hands the records of each unit of work to a sink with two phases, whose effects become visible with the unit.
   * Returns this same stream.
   */
  transactionalSink(step: TransactionalStep<T>, options?: OperatorOptions<T>): this;

  /**
   * Answers requests: each record is the answer to the request that it stems from, and the first one counts. Records that
   * stem from none are left out. With `requests`, what `env.fromRequests()` returned, answers have their right type,
   * and records of other requests are left out, too. Returns this same stream.
   */
  reply(requests?: Answerable<T, E>, options?: OperatorOptions<T>): this;

  /** Writes each record to standard output, behind `label` if there is one. Returns this same stream. */
  print(label?: string, options?: OperatorOptions<T>): this;

  /** Gathers the records in memory, per job: read them with `job.collected(handle)`. */
  collect(options?: OperatorOptions<T>): Collected<T>;

  /** Ends the pipeline here on purpose: the records are discarded. */
  run(options?: OperatorOptions<T>): void;
}

/** A stream that is declared before the one that fills it; see {@link DataStream.fill}. */
export interface FutureStream<T, out E extends string = string> extends DataStream<T, E>, Fillable<T, E> {
  readonly environment: E;
}

/** A pipeline as those see it who call it. */
export interface PipelineService<Req, Res> {
  /** Sends a request through the pipeline. */
  process(request: Req): Promise<Res>;
}

/** The requests that a pipeline is called with; see `Environment.fromRequests`. */
export interface RequestStream<Req, Res, out E extends string = string>
  extends DataStream<Req, E>,
    Answerable<Res, E> {
  readonly environment: E;
  /** What calls it: name and type. */
  readonly service: ServiceRef<PipelineService<Req, Res>>;
}

/** A key type with its literals widened, so that `"a"` meets any string. */
export type WidenKey<K extends PartitionKey> =
  | (K extends string ? string : never)
  | (K extends number ? number : never)
  | (K extends boolean ? boolean : never)
  | (K extends bigint ? bigint : never)
  | (K extends null ? null : never);

/**
 * A stream whose records have keys of type `K`: it can be reduced and joined, and stays keyed until it is keyed again.
 */
export interface KeyedStream<out K extends PartitionKey, out T, out E extends string = string, In = unknown>
  extends DataStream<T, E, In> {
  /** Never set; carries the type of the keys. */
  readonly keyType: K;

  map<U>(step: MapStep<T, U>, options?: OperatorOptions<T>): KeyedStream<K, U, E, T>;

  filter<S extends T>(
    step: (record: T, ctx: TaskContext) => record is S,
    options?: OperatorOptions<T>,
  ): KeyedStream<K, S, E, T>;
  filter(step: FilterStep<T>, options?: OperatorOptions<T>): KeyedStream<K, T, E, T>;

  flatMap<U>(step: FlatMapStep<T, U>, options?: OperatorOptions<T>): KeyedStream<K, U, E, T>;

  process<U>(step: ProcessStep<T, U>, options?: OperatorOptions<T>): KeyedStream<K, U, E, T>;

  union<Us extends readonly unknown[]>(
    ...others: { readonly [I in keyof Us]: KeyedStream<WidenKey<K>, Us[I], E> }
  ): KeyedStream<WidenKey<K>, T | Us[number], E>;
  union<Us extends readonly unknown[]>(
    ...others: { readonly [I in keyof Us]: DataStream<Us[I], E> }
  ): DataStream<T | Us[number], E>;

  connect<Us extends readonly unknown[]>(
    ...others: { readonly [I in keyof Us]: KeyedStream<WidenKey<K>, Us[I], E> }
  ): ConnectedStreams<readonly [T, ...Us], E, WidenKey<K>>;
  connect<Us extends readonly unknown[]>(
    ...others: { readonly [I in keyof Us]: DataStream<Us[I], E> }
  ): ConnectedStreams<readonly [T, ...Us], E>;

  shared(): KeyedStream<K, T, E, In>;

  /**
   * Folds the records of each key, in their order. Without `initial` a key's first record is its accumulator. The
   * function returns a new accumulator and leaves the old one as it is; so must every step behind it, since what is
   * emitted is the accumulator itself.
   */
  reduce<Acc>(step: ReduceStep<T, Acc>, options: FoldOptions<T, Acc>): KeyedStream<K, Acc, E, T>;
  reduce<S>(
    this: KeyedStream<K, S, E>,
    step: ReduceStep<S, S>,
    options?: ReduceOptions<NoInfer<S>>,
  ): KeyedStream<K, S, E, S>;

  /**
   * Folds the records of each key within windows of processing time: `tumbling(sizeMs)` or `session(gapMs)`. A window
   * is emitted when it is over, or when the input has ended. The function returns a new accumulator and leaves the old
   * one as it is.
   */
  window<Acc>(
    window: WindowSpec,
    step: ReduceStep<T, Acc>,
    options: Omit<FoldOptions<T, Acc>, "emit">,
  ): KeyedStream<K, WindowResult<K, Acc>, E, T>;

  /**
   * Keeps the first record of each key. With `ttlMs`, a key that was quiet for so long is new again; without, every
   * key is remembered for the life of the job.
   */
  distinct(options?: DistinctOptions<T>): KeyedStream<K, T, E, T>;

  /**
   * Inner join: calls the function for each pair of records with equal keys, when the later one comes. Both sides are
   * kept in memory until the other one has ended.
   */
  join<Right, U>(
    right: KeyedStream<WidenKey<K>, Right, E>,
    step: JoinStep<T, Right, U>,
    options?: OperatorOptions<T | Right>,
  ): KeyedStream<WidenKey<K>, U, E, T | Right>;
}

/** Streams side by side: the first one is input 0. `K` is the type of their keys when all of them are keyed alike. */
export interface ConnectedStreams<
  out Ins extends readonly unknown[],
  out E extends string = string,
  out K extends PartitionKey | undefined = undefined,
> {
  /** Never set; carries the environment's name. */
  readonly environment: E;
  /** Never set; carries the type of the keys. */
  readonly keyType: K;
  /** Never set; carries the types of the records. */
  readonly inputs: Ins;

  /** Adds further streams at the end. */
  connect<Us extends readonly unknown[]>(
    ...others: { readonly [I in keyof Us]: DataStream<Us[I], E> }
  ): ConnectedStreams<readonly [...Ins, ...Us], E>;

  /** Maps the records of each stream with a method of its own: `map0` for the first one, `map1` for the second, …. */
  coMap<Methods extends CoMapMethods<Ins>>(
    methods: CoMapStep<Methods>,
    options?: OperatorOptions<Ins[number]>,
  ): K extends PartitionKey
    ? KeyedStream<K, CoMapOutput<Methods>, E, Ins[number]>
    : DataStream<CoMapOutput<Methods>, E, Ins[number]>;

  /** Inner join of exactly two keyed streams: see {@link KeyedStream.join}. */
  join<Left, Right, Key extends PartitionKey, U>(
    this: ConnectedStreams<readonly [Left, Right], E, Key>,
    step: JoinStep<Left, Right, U>,
    options?: OperatorOptions<Left | Right>,
  ): KeyedStream<Key, U, E, Left | Right>;
}
