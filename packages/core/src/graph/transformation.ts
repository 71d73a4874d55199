import type { BuildProblem } from "../errors/catalog.ts";
import type { LoopCache } from "../operator/loop-cache.ts";
import type { Operator } from "../operator/operator.port.ts";
import type { ReaderFactory } from "../operator/source-input.ts";
import type { BuiltInStrategy } from "../routing/partitioner.port.ts";
import type { KeyByOptions, OperatorOptions } from "./step-options.ts";

/** What a step does. */
export type StepKind =
  | "source"
  | "map"
  | "filter"
  | "flatMap"
  | "keyBy"
  | "reduce"
  | "sink"
  | "collect"
  | "run";

/** What one job needs from a step's code: made afresh for every submit. */
export interface StepRuntime {
  /** Makes the operator of one instance. */
  createOperator(index: number): Operator;
  /** Makes the reader of one instance; sources only. */
  readonly createReader?: ReaderFactory;
}

/** What a job gives to its steps' runtimes. */
export interface StepResources {
  /** The runtime's copies of hot loops. */
  readonly loops: LoopCache;
  /** Takes what a `collect` gathers. */
  readonly results: unknown[];
}

/** Makes a step's runtime for one job. */
export type StepRuntimeFactory = (resources: StepResources) => StepRuntime;

/** Something wrong with a declaration, kept until all problems are reported together. */
export type DeclarationProblem = Omit<BuildProblem, "node">;

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
  /** For each input the steps that feed it; a union has several. */
  readonly inputs: readonly (readonly Transformation[])[];
  /** Whether its output carries keys. */
  readonly keyed: boolean;
  /** How keyed output is spread by default. */
  readonly strategy: BuiltInStrategy;
  /** What was wrong with it when it was declared, if anything. */
  readonly problem?: DeclarationProblem;
  /** Makes its runtime. */
  readonly createRuntime: StepRuntimeFactory;
}

/** Stable id of a step: its name, or its operator and place. */
export function stepId(step: Transformation): string {
  return step.options.name ?? `${step.kind}-${step.ordinal}`;
}
