import { describeValue } from "../errors/sage-error.ts";
import type { RequestOptions } from "../graph/service-declaration.ts";
import type { SourceOptions, StepOptions } from "../graph/step-options.ts";
import type { DeclarationProblem, Transformation } from "../graph/transformation.ts";
import { FunctionReader } from "../operator/function-reader.ts";
import type { AnyStep } from "../operator/functions.ts";
import { PassOperator } from "../operator/pass-operator.ts";
import type { PolledSource } from "../operator/replayable-source.ts";
import { RequestSource } from "../operator/request-source.ts";
import { isSource, openSource } from "../operator/source-input.ts";
import { createInstance, instantiate, isStep, methodsMissing, type StepCode } from "../operator/step-code.ts";
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
    guarantee: Array.isArray(items) ? "replayable" : "retained",
    createRuntime: () => ({
      createOperator: () => new PassOperator(true),
      ...openSource(step, items, consumed),
    }),
  });
}

/** Declares a source that can be read again from a position. */
export function declareReplayable(
  declaration: Declaration,
  step: unknown,
  { idleMs = defaultIdleMs, ...options }: SourceOptions,
): Transformation {
  const problem = methodsMissing(step, ["poll"]) ? noPoll(step) : idleProblem(idleMs);
  return declaration.add({
    ...sourceFields(options),
    ...(problem === undefined ? {} : { problem }),
    guarantee: "replayable",
    createRuntime: () => ({
      createOperator: () => new PassOperator(true),
      createSource: () => createInstance(step, "poll") as unknown as PolledSource<unknown>,
      idleMs,
    }),
  });
}

function noPoll(step: unknown): DeclarationProblem {
  return {
    reason: "INVALID_SOURCE",
    message: `It reads from ${describeValue(step)}, which has no poll().`,
    remedy:
      "Pass a class that extends ReplayableSource, or an object whose create() returns an instance of one.",
  };
}

function idleProblem(idleMs: unknown): DeclarationProblem | undefined {
  if (typeof idleMs === "number" && idleMs > 0 && Number.isFinite(idleMs)) return undefined;
  return {
    reason: "INVALID_IDLE",
    message: `Its idleMs is ${describeValue(idleMs)}.`,
    remedy: "Use a number of ms above 0.",
  };
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
  const problem = isStep(step) ? idleProblem(idleMs) : noFunction;
  return declaration.add({
    ...sourceFields(options),
    ...(problem === undefined ? {} : { problem }),
    guarantee: "retained",
    createRuntime: () => createSource(step as AnyStep, idleMs),
  });
}

/** Declares the requests that a pipeline is called with, and the service that takes them. */
export function declareRequests(
  declaration: Declaration,
  name: string,
  options: RequestOptions,
): Transformation {
  const { instances = 1 } = options;
  const source = declaration.add({
    ...sourceFields({ name, parallelism: instances }),
    guarantee: "retained",
    createRuntime: ({ requests }) => ({
      createOperator: () => new RequestSource(),
      createReader: (index) => requests.reader(name, index),
    }),
  });
  declaration.addService({ name, options, requests: source });
  return source;
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
      // Where it stands is known to the instance alone, so a restarted task goes on with it.
      const code = codes.get(index) ?? instantiate(step);
      codes.set(index, code);
      return new PassOperator(true, {
        open: (ctx: StepContext) => readers.get(index)?.open(ctx, code),
        close: () => undefined,
      });
    },
    createReader(index, _parallelism, host) {
      const reader = new FunctionReader(idleMs, host);
      readers.set(index, reader);
      return reader;
    },
    release: (index) => readers.get(index)?.release(),
  };
}
