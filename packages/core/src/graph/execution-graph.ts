import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import type { OnError } from "../task/fault-policy.ts";
import type { StepKind } from "./transformation.ts";

/** A compiled step. */
export interface StepNode {
  /** Stable id: its name, or its operator and place. */
  readonly id: string;
  readonly kind: StepKind;
  readonly parallelism: number;
  /** Whether its input carries keys. */
  readonly keyed: boolean;
  readonly onError: OnError;
  readonly concurrency: number;
}

/** How one step feeds another. */
export interface EdgeNode {
  readonly from: string;
  readonly to: string;
  readonly inputIndex: number;
  /** Name of the strategy, or `custom` with the function in the side table. */
  readonly strategy: string;
  /** Whether keys travel along. */
  readonly keyed: boolean;
}

/** One parallel instance of a step. */
export interface TaskNode {
  /** `<step>#<index>`. */
  readonly id: string;
  readonly step: string;
  readonly index: number;
  /** Its inbox; `null` for a source. Its id is made unique per job when the job is submitted. */
  readonly inbox: QueueDescriptorJson | null;
}

/** One upstream instance to one downstream instance. */
export interface ChannelNode {
  /** Number in the graph, from 0; what batches carry. */
  readonly id: number;
  /** Index into `edges`. */
  readonly edge: number;
  /** Sending task. */
  readonly from: string;
  /** Receiving task. */
  readonly to: string;
}

/** A compiled pipeline: immutable, and a JSON value. The same declaration compiles to the same graph everywhere. */
export interface ExecutionGraph {
  readonly version: 1;
  /** Name of the environment. */
  readonly name: string;
  readonly steps: readonly StepNode[];
  readonly edges: readonly EdgeNode[];
  readonly tasks: readonly TaskNode[];
  readonly channels: readonly ChannelNode[];
  /** Service nodes; none so far. */
  readonly services: readonly never[];
}
