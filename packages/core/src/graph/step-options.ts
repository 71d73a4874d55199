import type { Packet } from "../packet/packet.ts";
import type { Connection } from "../routing/connection.ts";
import type { BuiltInStrategy, Partitioner } from "../routing/partitioner.port.ts";
import type { OnError } from "../task/fault-policy.ts";

/**
 * How records are spread over the instances of a step: a built-in strategy, the name of a registered partitioner, a
 * function without state, or an object that creates one partitioner per sender.
 */
export type PartitionerOption<T> =
  | BuiltInStrategy
  | (string & {})
  | ((packet: Packet<T>, targets: readonly Connection[]) => number | readonly number[])
  | { create(): Partitioner<T> };

/** Options that every step has. */
export interface StepOptions {
  /** Stable name of the step in the graph, logs and reports: letters, digits, `-`, `_`, `.`; at most 64. Default: the operator and its place. */
  readonly name?: string;
  /** Number of parallel instances; an integer of at least 1. Default 1. */
  readonly parallelism?: number;
  /** What a failing record does. Default `fail`. */
  readonly onError?: OnError;
}

/** Options of a step with an input of type `T`. */
export interface OperatorOptions<T> extends StepOptions {
  /** Records that each instance's inbox holds before senders wait. Default: the runtime's, 1024. */
  readonly queueCapacity?: number;
  /** Records of an asynchronous function in flight per instance, among those taken together; keyed steps run one at a time. Outputs keep the order of the inputs. Default 1. */
  readonly concurrency?: number;
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
