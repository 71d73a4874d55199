import { filterAsyncLoop, keyByAsyncLoop, mapAsyncLoop, sinkAsyncLoop } from "./async-loops.ts";
import { CoMapOperator } from "./co-map-operator.ts";
import { FilterOperator } from "./filter-operator.ts";
import { FlatMapOperator } from "./flat-map-operator.ts";
import type { AnyStep } from "./functions.ts";
import { JoinOperator } from "./join-operator.ts";
import { KeyByOperator } from "./key-by-operator.ts";
import type { LoopCache } from "./loop-cache.ts";
import { filterLoop, keyByLoop, mapLoop, sinkLoop } from "./loops.ts";
import { MapOperator } from "./map-operator.ts";
import type { Operator } from "./operator.port.ts";
import { PassOperator } from "./pass-operator.ts";
import { ProcessOperator } from "./process-operator.ts";
import { ReduceOperator, type ReduceSettings } from "./reduce-operator.ts";
import { ReplyOperator } from "./reply-operator.ts";
import type { RequestAccess } from "./request-access.ts";
import { SinkOperator } from "./sink-operator.ts";
import { StagingOperator } from "./staging-operator.ts";
import { createInstance } from "./step-code.ts";
import type { StagedSink } from "./transactional-sink.ts";
import { WindowOperator } from "./window-operator.ts";
import type { WindowSpec } from "./window-spec.ts";

/** What a job gives to its operators. */
export interface OperatorResources {
  /** The runtime's copies of hot loops. */
  readonly loops: LoopCache;
  /** The requests that the pipeline is called with. */
  readonly requests: RequestAccess;
  /** Writes a line to standard output. */
  print(label: string, record: unknown): void;
}

/** Makes one operator of a step. */
export type OperatorRecipe = (resources: OperatorResources) => Operator;

/** Recipe of a `map` step. */
export const mapRecipe = (step: unknown): OperatorRecipe => {
  return ({ loops }) =>
    new MapOperator(step as AnyStep, loops.get(step, mapLoop), loops.get(step, mapAsyncLoop));
};

/** Recipe of a `filter` step. */
export const filterRecipe = (step: unknown): OperatorRecipe => {
  return ({ loops }) =>
    new FilterOperator(step as AnyStep, loops.get(step, filterLoop), loops.get(step, filterAsyncLoop));
};

/** Recipe of a `flatMap` step. */
export const flatMapRecipe = (step: unknown): OperatorRecipe => {
  return () => new FlatMapOperator(step as AnyStep);
};

/** Recipe of a `keyBy` step. */
export const keyByRecipe = (step: unknown): OperatorRecipe => {
  return ({ loops }) =>
    new KeyByOperator(step as AnyStep, loops.get(step, keyByLoop), loops.get(step, keyByAsyncLoop));
};

/** Recipe of a `reduce` step. */
export const reduceRecipe = (step: unknown, settings: ReduceSettings): OperatorRecipe => {
  return () => new ReduceOperator(step as AnyStep, settings);
};

/** Recipe of a `window` step. */
export const windowRecipe = (step: unknown, spec: WindowSpec, initial: () => unknown): OperatorRecipe => {
  return () => new WindowOperator(step as AnyStep, spec, initial);
};

/** Recipe of a `process` step. */
export const processRecipe = (step: unknown): OperatorRecipe => {
  return () => new ProcessOperator(step as AnyStep);
};

/** Recipe of a `coMap` step over so many inputs. */
export const coMapRecipe = (step: unknown, inputs: number): OperatorRecipe => {
  return () => new CoMapOperator(step, inputs);
};

/** Recipe of a `join` step. */
export const joinRecipe = (step: unknown): OperatorRecipe => {
  return () => new JoinOperator(step as AnyStep);
};

/** Recipe of a `sink` step. */
export const sinkRecipe = (step: unknown): OperatorRecipe => {
  return ({ loops }) =>
    new SinkOperator(step as AnyStep, loops.get(step, sinkLoop), loops.get(step, sinkAsyncLoop));
};

/** Recipe of a `reply` step; with `service`, for the requests of that one only. */
export const replyRecipe = (service: string | undefined): OperatorRecipe => {
  return ({ requests }) => new ReplyOperator(requests, service);
};

/** Recipe of a transactional sink. */
export const stagingRecipe = (step: unknown): OperatorRecipe => {
  return () => new StagingOperator(createInstance(step, "stage") as unknown as StagedSink<unknown>);
};

/** Recipe of a `collect` step: what it emits are the job's results. */
export const collectRecipe = (): OperatorRecipe => {
  return () => new PassOperator(false);
};

/** Recipe of a `print` step. */
export const printRecipe = (label: string): OperatorRecipe => {
  return ({ print }) => ownSink((record) => print(label, record));
};

function ownSink(step: (record: unknown) => void): Operator {
  return new SinkOperator(step, sinkLoop, sinkAsyncLoop);
}
