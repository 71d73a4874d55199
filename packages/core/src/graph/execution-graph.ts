import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import type { Overflow } from "../service/call-scope.ts";
import type { ServiceEndpoint } from "../service/service-entry.ts";
import type { FinalPolicy, RetryOptions } from "../task/on-error.ts";
import type { LoopNode } from "./loops.ts";
import type { StepGuarantee, StepKind } from "./transformation.ts";

/** What a failing record of a step does, as JSON. */
export interface FaultNode extends Required<Omit<RetryOptions, "retryable">> {
  /** What happens after the last attempt and the last restart. */
  readonly onExhausted: FinalPolicy;
  /** How often one record may bring its task down before that. */
  readonly restarts: number;
}

/** A compiled step. */
export interface StepNode {
  /** Stable id: its name, or its operator and place. */
  readonly id: string;
  readonly kind: StepKind;
  readonly parallelism: number;
  /** Whether its input carries keys. */
  readonly keyed: boolean;
  /** Whether its output carries keys. */
  readonly emitsKeys: boolean;
  readonly faults: FaultNode;
  /** What it promises about delivery; `null` for a step that is neither source nor sink. */
  readonly guarantee: StepGuarantee | null;
  readonly concurrency: number;
  /** Whether a concurrent step keeps the order of its records. */
  readonly ordered: boolean;
  /** Limit of an attempt at a record, in ms; `null` for none. */
  readonly timeoutMs: number | null;
  /** The label that a worker must have to run it; left out where any will do. */
  readonly label?: string;
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
  /** What travels: the step's records, or its dead letters. */
  readonly output: "records" | "deadLetters";
  /** Whether its receivers share records with other edges' receivers instead of getting copies. */
  readonly shared: boolean;
  /** Place in `loops` of the feedback loop that it is part of, or `null`. */
  readonly loop: number | null;
  /** Whether it is a way back: puts on it never wait. */
  readonly feedback: boolean;
}

/** One parallel instance of a step. */
export interface TaskNode {
  /** `<step>#<index>`. */
  readonly id: string;
  readonly step: string;
  readonly index: number;
  /** Its inbox; `null` for a source. Its id is made unique per job when the job is submitted. */
  readonly inbox: QueueDescriptorJson | null;
  /** The head of a feedback loop has a second one, for what comes back. */
  readonly loopInbox: QueueDescriptorJson | null;
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

/** A registered service. */
export interface ServiceNode {
  /** Its name, by which it is called. */
  readonly name: string;
  /** Most calls that one instance runs at once. */
  readonly concurrency: number;
  /** How long callers wait for an answer that do not say, in ms. */
  readonly timeoutMs: number;
  /** How often an instance is asked whether it is well, in ms. */
  readonly healthIntervalMs: number;
  /** What happens to calls for which there is no room. */
  readonly overflow: Overflow;
  /** Methods of which a second run is the same as one. */
  readonly idempotent: readonly string[];
  /** The services that start before it and stop after it. */
  readonly dependsOn: readonly string[];
  /** The label that a worker must have to run it; left out where any will do. */
  readonly label?: string;
  /** The queues of each instance. Their ids are made unique per job when the job is submitted. */
  readonly endpoints: readonly ServiceEndpoint[];
}

/** A compiled pipeline: immutable, and a JSON value. The same declaration compiles to the same graph everywhere. */
export interface ExecutionGraph {
  readonly version: 1;
  /** Name of the environment. */
  readonly name: string;
  readonly steps: readonly StepNode[];
  readonly edges: readonly EdgeNode[];
  readonly loops: readonly LoopNode[];
  readonly tasks: readonly TaskNode[];
  readonly channels: readonly ChannelNode[];
  /** The services, each behind those that it depends on. */
  readonly services: readonly ServiceNode[];
}
