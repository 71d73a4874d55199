import type { TaskContext } from "../context/task-context.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Emit } from "./emit.ts";
import { type AnyStep, isFunctionClass, StepFunction } from "./functions.ts";

/** A user's function as an operator calls it: with one or two values and the context. */
export type StepCall = (a: unknown, b: unknown, c?: unknown) => unknown;

/** What is called when a timer is due: with its time, in ms since the Unix epoch. */
export type TimerHook = (at: number, emit: Emit<unknown>, ctx: TaskContext) => MaybePromise<void>;

/** The user's code of one task instance: its call and its life-cycle. */
export interface StepCode {
  readonly call: StepCall;
  open(ctx: TaskContext): MaybePromise<void>;
  endInput(index: number): MaybePromise<void>;
  finish(emit: Emit<unknown>, ctx: TaskContext): MaybePromise<void>;
  /** Only where the user's class has it. */
  readonly onTimer?: TimerHook;
  close(): MaybePromise<void>;
}

/** An instance of a user's class, with the hooks that it may leave out when it extends nothing of ours. */
export type StepInstance = Partial<
  Pick<StepFunction<unknown>, "open" | "onInputEnd" | "finish" | "close">
> & {
  onTimer?: TimerHook;
} & Record<string, unknown>;

/** Tells whether a value can be a step's code: a function, a class, or an object with `create`. */
export function isStep(step: unknown): step is AnyStep {
  if (typeof step === "function") return true;
  return typeof (step as { create?: unknown } | null | undefined)?.create === "function";
}

/** Whether a class lacks one of these methods, or a value is neither a class nor has `create`. */
export function methodsMissing(step: unknown, methods: readonly string[]): boolean {
  if (typeof step !== "function") return !isStep(step);
  const prototype = step.prototype as Record<string, unknown> | undefined;
  return !methods.every((method) => typeof prototype?.[method] === "function");
}

/** Makes the instance of a class or factory for one task instance; `undefined` for a plain function. */
export function createInstance(step: unknown, method: string): StepInstance | undefined {
  if (typeof step === "function" && !isFunctionClass(step, method)) return undefined;
  const instance = (
    typeof step === "function" ? new (step as new () => unknown)() : (step as { create(): unknown }).create()
  ) as StepInstance | undefined | null;
  if (typeof instance?.[method] === "function") return instance;
  throw new SageError("INVALID_OPTION", {
    path: "create",
    problem: `returned ${describeValue(instance)}`,
    expected: `an object with a method ${method}, such as an instance of one of the function classes`,
  });
}

/** The life-cycle hooks of an instance; those of a plain function do nothing. */
export function hooksOf(instance: StepInstance | undefined): Omit<StepCode, "call"> {
  return {
    open(ctx) {
      if (instance === undefined) return undefined;
      StepFunction.bind(instance, ctx);
      return instance.open?.(ctx);
    },
    endInput: (index) => instance?.onInputEnd?.(index),
    finish: (emit, ctx) => instance?.finish?.(emit, ctx),
    close: () => instance?.close?.(),
    ...(instance?.onTimer === undefined
      ? {}
      : { onTimer: (at, emit, ctx) => instance.onTimer?.(at, emit, ctx) }),
  };
}

/**
 * Instantiates a step's code for one task instance.
 *
 * @throws what the class's constructor or `create()` throws.
 */
export function instantiate(step: AnyStep): StepCode {
  const instance = createInstance(step, "execute") as { execute(...args: unknown[]): unknown } | undefined;
  const call = instance === undefined ? (step as StepCall) : callOf(instance);
  return { call, ...hooksOf(instance as StepInstance | undefined) };
}

function callOf(instance: { execute(...args: unknown[]): unknown }): StepCall {
  return (a, b, c) => instance.execute(a, b, c);
}
