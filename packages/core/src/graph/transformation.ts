import type { BuildProblem } from "../errors/build-problem.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Operator } from "../operator/operator.port.ts";
import type { OperatorResources } from "../operator/operator-recipes.ts";
import type { PolledSource } from "../operator/replayable-source.ts";
import type { ReaderFactory } from "../operator/source-input.ts";
import type { BuiltInStrategy } from "../routing/partitioner.port.ts";
import type { KeyByOptions, OperatorOptions } from "./step-options.ts";

/**
 * What a step can promise about delivery. A source: that it can be read again from a position, or only that what was
 * read is kept until it is committed. A sink: nothing when its function runs again, or that running again has no further
 * effect (`idempotent`), or that its effects are committed with the unit (`transactional`, `stored`).
 */
export type StepGuarantee = "replayable" | "retained" | "plain" | "idempotent" | "transactional" | "stored";

/** What a step does. */
export type StepKind =
  | "source"
  | "map"
  | "filter"
  | "flatMap"
  | "keyBy"
  | "reduce"
  | "window"
  | "distinct"
  | "process"
  | "coMap"
  | "join"
  | "sink"
  | "reply"
  | "print"
  | "collect"
  | "run";

/** What one job needs from a step's code: made afresh for every submit. */
export interface StepRuntime {
  /** Makes the operator of one instance. */
  createOperator(index: number): Operator;
  /** Makes the reader of one instance; only sources that cannot be read again. */
  readonly createReader?: ReaderFactory;
  /** Makes what one incarnation of an instance reads; only sources that can be read again. */
  createSource?(index: number, parallelism: number): PolledSource<unknown>;
  /** How long to wait before a source that had nothing is asked again, in ms. */
  readonly idleMs?: number;
  /** Ends what one instance keeps through all incarnations of its task. */
  release?(index: number): MaybePromise<void>;
}

/** Makes a step's runtime for one job. */
export type StepRuntimeFactory = (resources: OperatorResources) => StepRuntime;

/** Something wrong with a declaration, kept until all problems are reported together. */
export type DeclarationProblem = Omit<BuildProblem, "node">;

/** What another step emits. */
export interface StepOutput {
  readonly step: Transformation;
  /** Its records, or its dead letters. */
  readonly output: "records" | "deadLetters";
  /** Whether its receivers share the records instead of getting copies. */
  readonly shared: boolean;
}

/** A stream that is declared before the one that fills it: the way back of a feedback loop. */
export interface FutureSlot {
  /** The environment that declared it. */
  readonly environment: object;
  /** Its name, for messages. */
  readonly name: string;
  /** Most records that may wait on the way back. */
  readonly maxLoopRecords: number;
  /** What it was filled with; exactly once when all is well. */
  readonly fills: (readonly Upstream[])[];
}

/** What will fill a future. */
export interface FutureOutput {
  readonly future: FutureSlot;
  readonly shared: boolean;
}

/** What feeds an input of a step. */
export type Upstream = StepOutput | FutureOutput;

/** A declared step. Its functions stay on this side; only the rest goes into the graph. */
export interface Transformation {
  /** The environment that declared it. */
  readonly environment: object;
  /** Its place among the environment's steps, from 1. */
  readonly ordinal: number;
  /** What it does. */
  readonly kind: StepKind;
  /** Options as the user gave them. */
  readonly options: OperatorOptions<never> & Pick<KeyByOptions<never>, "strategy">;
  /** For each input what feeds it; a union has several. */
  readonly inputs: readonly (readonly Upstream[])[];
  /** Whether its output carries keys. */
  readonly keyed: boolean;
  /** How keyed output is spread by default. */
  readonly strategy: BuiltInStrategy;
  /** What it can promise about delivery. */
  readonly guarantee?: StepGuarantee | undefined;
  /** The service whose requests it answers, where it replies to one only. */
  readonly answers?: string | undefined;
  /** What was wrong with it when it was declared, if anything. */
  readonly problem?: DeclarationProblem;
  /** Makes its runtime. */
  readonly createRuntime: StepRuntimeFactory;
}

/** Stable id of a step: its name, or its operator and place. */
export function stepId(step: Transformation): string {
  return step.options.name ?? `${step.kind}-${step.ordinal}`;
}

/** Whether what comes from there carries keys. */
export function isKeyed(upstream: Upstream): boolean {
  return "step" in upstream && upstream.output === "records" && upstream.step.keyed;
}

/** Whether every input of a step carries keys, so that the step sees them. */
export function seesKeys(step: Transformation): boolean {
  const upstreams = step.inputs.flat();
  return upstreams.length > 0 && upstreams.every(isKeyed);
}
