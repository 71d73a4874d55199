import type { Plugin } from "../operator/plugin.ts";
import type { Packet } from "../packet/packet.ts";
import type { Connection } from "../routing/connection.ts";
import type { BuiltInStrategy, Partitioner } from "../routing/partitioner.port.ts";
import type { OnError } from "../task/on-error.ts";
import type { RestartStrategy } from "../task/restart-strategy.ts";

/**
 * How records are spread over the instances of a step: a built-in strategy, the name of a registered partitioner, a
 * function without state, or an object that creates one partitioner per sender.
 */
export type PartitionerOption<T> =
  | BuiltInStrategy
  | (string & {})
  | ((packet: Packet<T>, targets: readonly Connection[]) => number | readonly number[])
  | { create(): Partitioner<T> };

/** Where something runs, if its job runs in workers. */
export interface Placement {
  /** A label that the worker must have: 1 to 64 letters, digits, `-`, `_` and `.`. */
  readonly label: string;
}

/** Options that every step has. */
export interface StepOptions {
  /** Stable name of the step in the graph, logs and reports: letters, digits, `-`, `_`, `.`; at most 64. Default: the operator and its place. */
  readonly name?: string;
  /** Number of parallel instances; an integer of at least 1. Default 1. */
  readonly parallelism?: number;
  /**
   * What a failing record does: `fail`, `skip`, `deadLetter`, `restart`, or a retry or restarts before one of the first
   * three. Default `fail`.
   */
  readonly onError?: OnError;
  /**
   * When a task of this step that has failed is restarted, counted for each task by itself: its source, `finish()` or
   * commit failed, or a record whose `onError` says so. Default: what `submit({ restart })` says; else, where `onError`
   * asks for restarts, exponential delays from 1 s to 60 s, at most 10; else none.
   */
  readonly restart?: RestartStrategy;
  /** Which workers may run its tasks, where the job runs in workers. Default: all. */
  readonly placement?: Placement;
}

/** Options of `fromSource`. */
export interface SourceOptions extends StepOptions {
  /** How long to wait before a source that had nothing is asked again, in ms. Default 10. */
  readonly idleMs?: number;
}

/** Options of `fromFuture`. */
export interface FutureOptions {
  /** Most records that may wait on the way back before the job fails. Default 100,000. */
  readonly maxLoopRecords?: number;
}

/** Options of a step with an input of type `T`. */
export interface OperatorOptions<T> extends StepOptions {
  /** Records that each instance's inbox holds before senders wait. Default: the runtime's, 1024. */
  readonly queueCapacity?: number;
  /**
   * Records of an asynchronous function in flight per instance; keyed steps run one record per key at a time. What is
   * in flight counts against `queueCapacity`, so no more than that many ever are. Default 1.
   */
  readonly concurrency?: number;
  /** `false` lets the outputs of a concurrent step leave as its records settle. Default `true`. */
  readonly ordered?: boolean;
  /** How long an attempt at a record may take, in ms; then `ctx.signal` fires and the attempt has failed. Default: no limit. */
  readonly timeoutMs?: number;
  /** Plug-ins around the processing of each record, the first one outermost. */
  readonly plugins?: readonly Plugin<T>[];
  /** How records are spread over this step's instances. Default: `hash` on keyed streams, else `round-robin`. */
  readonly partitioner?: PartitionerOption<T>;
}

/** Options of `keyBy`. */
export interface KeyByOptions<T> extends OperatorOptions<T> {
  /** How the keyed records are spread over the steps behind. Default `hash`. */
  readonly strategy?: BuiltInStrategy;
}

/** Options of `reduce`. */
export interface ReduceOptions<T> extends OperatorOptions<T> {
  /** `each` (default) emits the accumulator after every record; `end` emits each key's last one when the input has ended. */
  readonly emit?: "each" | "end";
}

/** Options of `reduce` with an accumulator of another type than the records. */
export interface FoldOptions<T, Acc> extends ReduceOptions<T> {
  /** Makes the accumulator of a new key. */
  readonly initial: () => Acc;
}

/** Options of `distinct`. */
export interface DistinctOptions<T> extends OperatorOptions<T> {
  /** How long a key is remembered after its last record, in ms. Default: for the life of the job. */
  readonly ttlMs?: number;
}

/** Options of `sink`. */
export interface SinkOptions<T> extends OperatorOptions<T> {
  /** Whether a record that comes again has no further effect. Default `false`. */
  readonly idempotent?: boolean;
}
