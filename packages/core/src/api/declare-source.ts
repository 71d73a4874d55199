import { describeValue } from "../errors/sage-error.ts";
import type { SourceOptions, StepOptions } from "../graph/step-options.ts";
import type { Transformation } from "../graph/transformation.ts";
import { FunctionReader } from "../operator/function-reader.ts";
import type { AnyStep } from "../operator/functions.ts";
import { PassOperator } from "../operator/pass-operator.ts";
import { isSource, openSource } from "../operator/source-input.ts";
import { instantiate, isStep, type StepCode } from "../operator/step-code.ts";
import type { StepContext } from "../operator/step-context.ts";
import type { Declaration } from "./declaration.ts";

const defaultIdleMs = 10;

/** Declares a source that reads an iterable, an async iterable, or what a function makes. */
export function declareBatch(
  declaration: Declaration,
  items: unknown,
  options: StepOptions,
  consumed: WeakSet<object>,
): Transformation {
  const step = options.name ?? `source-${declaration.steps.length + 1}`;
  const problem = {
    reason: "INVALID_SOURCE",
    message: `It reads from ${describeValue(items)}.`,
    remedy: "Pass an Iterable (not a string), an AsyncIterable, or a function that returns one.",
  };
  return declaration.add({
    ...sourceFields(options),
    ...(typeof items === "function" || isSource(items) ? {} : { problem }),
    createRuntime: () => ({
      createOperator: () => new PassOperator(),
      createReader: openSource(step, items, consumed),
    }),
  });
}

/** Declares a source that asks a source function. */
export function declareSource(
  declaration: Declaration,
  step: unknown,
  { idleMs = defaultIdleMs, ...options }: SourceOptions,
): Transformation {
  const noFunction = {
    reason: "INVALID_SOURCE",
    message: `Its function is ${describeValue(step)}.`,
    remedy: "Pass a function, a class that extends SourceFunction, or an object whose create() returns one.",
  };
  const noDelay = {
    reason: "INVALID_IDLE",
    message: `Its idleMs is ${describeValue(idleMs)}.`,
    remedy: "Use a number of ms above 0.",
  };
  const problem = isStep(step)
    ? typeof idleMs === "number" && idleMs > 0 && Number.isFinite(idleMs)
      ? undefined
      : noDelay
    : noFunction;
  return declaration.add({
    ...sourceFields(options),
    ...(problem === undefined ? {} : { problem }),
    createRuntime: () => createSource(step as AnyStep, idleMs),
  });
}

function sourceFields(options: StepOptions) {
  return { kind: "source", options, inputs: [], keyed: false, strategy: "round-robin" } as const;
}

/** The instances are made as operators, which are opened and closed, and read through readers. */
function createSource(step: AnyStep, idleMs: number): ReturnType<Transformation["createRuntime"]> {
  const codes = new Map<number, StepCode>();
  const readers = new Map<number, FunctionReader>();
  return {
    createOperator(index) {
      const code = instantiate(step);
      codes.set(index, code);
      return new PassOperator({
        open: (ctx: StepContext) => readers.get(index)?.open(ctx),
        close: () => code.close(),
      });
    },
    createReader(index, _parallelism, host) {
      const reader = new FunctionReader(codes.get(index) as StepCode, idleMs, host);
      readers.set(index, reader);
      return reader;
    },
  };
}
