import { describeValue, SageError } from "../errors/sage-error.ts";
import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { Cursor, OpenRecord } from "./operator.port.ts";
import { runEach } from "./run-each.ts";
import { createInstance, hooksOf, type StepCall, type StepInstance } from "./step-code.ts";

/** Maps each input with a method of its own, `map0`, `map1`, …; `undefined` drops the record. */
export class CoMapOperator extends FunctionOperator {
  readonly #methods: readonly StepCall[];

  /** @throws SageError `INVALID_OPTION` when a created instance lacks a method. */
  constructor(step: unknown, inputs: number) {
    const instance = hasMethod(step, "map0") ? (step as StepInstance) : createInstance(step, "map0");
    const methods = methodNames(inputs).map((name) => methodOf(instance, name));
    super({ call: methods[0] as StepCall, ...hooksOf(instance) });
    this.#methods = methods;
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    runEach(this, batch, from, to, out, cursor);
  }

  override invoke({ payload, input, ctx }: OpenRecord): unknown {
    return (this.#methods[input] as StepCall)(payload, ctx);
  }

  apply(answer: unknown, { key }: OpenRecord, out: RecordBuffer): boolean {
    if (answer === undefined) return true;
    out.append(answer, key, undefined);
    return false;
  }
}

/** The methods that a `coMap` needs for so many inputs. */
export function methodNames(inputs: number): string[] {
  return Array.from({ length: inputs }, (_, i) => `map${i}`);
}

/** Which methods an object or a class lacks; a factory is not asked. */
export function missingMethods(step: unknown, inputs: number): string[] {
  if (typeof (step as { create?: unknown } | null)?.create === "function") return [];
  const methods = typeof step === "function" ? (step.prototype as unknown) : step;
  return methodNames(inputs).filter((name) => !hasMethod(methods, name));
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof (value as Record<string, unknown> | null | undefined)?.[name] === "function";
}

function methodOf(instance: StepInstance | undefined, name: string): StepCall {
  const method = instance?.[name];
  if (typeof method === "function") return (record, ctx) => method.call(instance, record, ctx);
  throw new SageError("INVALID_OPTION", {
    path: name,
    problem: `is ${describeValue(method)}`,
    expected: "a method for each connected stream",
  });
}
