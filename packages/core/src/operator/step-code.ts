import type { TaskContext } from "../context/task-context.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";
import { type AnyStep, isFunctionClass, type StepFunction } from "./functions.ts";

/** A user's function as an operator calls it: with one or two values and the context. */
export type StepCall = (a: unknown, b: unknown, c?: unknown) => unknown;

/** The user's code of one task instance: its call and its life-cycle. */
export interface StepCode {
  readonly call: StepCall;
  open(ctx: TaskContext): MaybePromise<void>;
  close(): MaybePromise<void>;
}

/** Tells whether a value can be a step's code: a function, a class, or an object with `create`. */
export function isStep(step: unknown): step is AnyStep {
  if (typeof step === "function") return true;
  return typeof (step as { create?: unknown } | null | undefined)?.create === "function";
}

/**
 * Instantiates a step's code for one task instance.
 *
 * @throws what the class's constructor or `create()` throws.
 */
export function instantiate(step: AnyStep): StepCode {
  if (typeof step === "function" && !isFunctionClass(step)) {
    return { call: step as StepCall, open: () => undefined, close: () => undefined };
  }
  const instance = (typeof step === "function" ? new step() : step.create()) as StepFunction & {
    execute(...args: unknown[]): unknown;
  };
  if (typeof instance?.execute !== "function") {
    throw new SageError("INVALID_OPTION", {
      path: "create",
      problem: `returned ${describeValue(instance)}`,
      expected: "an object with an execute method, such as an instance of MapFunction",
    });
  }
  return {
    call: (a, b, c) => instance.execute(a, b, c),
    open: (ctx) => instance.open?.(ctx),
    close: () => instance.close?.(),
  };
}
