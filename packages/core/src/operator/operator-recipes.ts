import { FilterOperator } from "./filter-operator.ts";
import { FlatMapOperator } from "./flat-map-operator.ts";
import type { AnyStep } from "./functions.ts";
import { KeyByOperator } from "./key-by-operator.ts";
import type { LoopCache } from "./loop-cache.ts";
import { filterLoop, keyByLoop, mapLoop, sinkLoop } from "./loops.ts";
import { MapOperator } from "./map-operator.ts";
import type { Operator } from "./operator.port.ts";
import { ReduceOperator, type ReduceSettings } from "./reduce-operator.ts";
import { SinkOperator } from "./sink-operator.ts";

/** Makes one operator of a step; `loops` are the runtime's, `results` takes what a `collect` gathers. */
export type OperatorRecipe = (loops: LoopCache, results: unknown[]) => Operator;

/** Recipe of a `map` step. */
export const mapRecipe = (step: unknown): OperatorRecipe => {
  return (loops) => new MapOperator(step as AnyStep, loops.get(step, mapLoop));
};

/** Recipe of a `filter` step. */
export const filterRecipe = (step: unknown): OperatorRecipe => {
  return (loops) => new FilterOperator(step as AnyStep, loops.get(step, filterLoop));
};

/** Recipe of a `flatMap` step. */
export const flatMapRecipe = (step: unknown): OperatorRecipe => {
  return () => new FlatMapOperator(step as AnyStep);
};

/** Recipe of a `keyBy` step. */
export const keyByRecipe = (step: unknown): OperatorRecipe => {
  return (loops) => new KeyByOperator(step as AnyStep, loops.get(step, keyByLoop));
};

/** Recipe of a `reduce` step. */
export const reduceRecipe = (step: unknown, settings: ReduceSettings): OperatorRecipe => {
  return () => new ReduceOperator(step as AnyStep, settings);
};

/** Recipe of a `sink` step. */
export const sinkRecipe = (step: unknown): OperatorRecipe => {
  return (loops) => new SinkOperator(step as AnyStep, loops.get(step, sinkLoop));
};

/** Recipe of a `collect` step. */
export const collectRecipe = (): OperatorRecipe => {
  return (_loops, results) => new SinkOperator((record: unknown) => void results.push(record), sinkLoop);
};
