import { describeValue } from "../errors/sage-error.ts";
import type { DeclarationProblem } from "../graph/transformation.ts";
import { methodsMissing } from "../operator/step-code.ts";
import { transactionalMethods } from "../operator/transactional-sink.ts";
import { isWindowSpec } from "../operator/window-spec.ts";

/** What is wrong with the window of a `window` step, if anything. */
export function windowProblem(spec: unknown, initial: unknown): DeclarationProblem | undefined {
  if (!isWindowSpec(spec)) {
    const message = `Its window is ${describeValue(spec)}.`;
    return { reason: "INVALID_WINDOW", message, remedy: "Pass tumbling(sizeMs) or session(gapMs)." };
  }
  if (typeof initial === "function") return undefined;
  const message = `Its initial is ${describeValue(initial)}.`;
  return {
    reason: "INVALID_INITIAL",
    message,
    remedy: "Pass a function that makes the accumulator of a window.",
  };
}

/** What is wrong with the settings of a reduce, if anything. */
export function reduceProblem(initial: unknown, emit: unknown): DeclarationProblem | undefined {
  if (initial !== undefined && typeof initial !== "function") {
    const message = `Its initial is ${describeValue(initial)}.`;
    return {
      reason: "INVALID_INITIAL",
      message,
      remedy: "Pass a function that makes the first accumulator.",
    };
  }
  if (emit === "each" || emit === "end") return undefined;
  return {
    reason: "INVALID_EMIT",
    message: `Its emit is ${describeValue(emit)}.`,
    remedy: "Use each or end.",
  };
}

/** What is wrong with how long `distinct` remembers, if anything. */
export function ttlProblem(ttlMs: unknown): DeclarationProblem | undefined {
  if (ttlMs === undefined || (typeof ttlMs === "number" && ttlMs > 0 && Number.isFinite(ttlMs)))
    return undefined;
  return {
    reason: "INVALID_TTL",
    message: `Its ttlMs is ${describeValue(ttlMs)}.`,
    remedy: "Use a number of ms above 0, or leave it out.",
  };
}

/** What is wrong with a transactional sink, if anything. */
export function sinkProblem(step: unknown): DeclarationProblem | undefined {
  if (!methodsMissing(step, transactionalMethods)) return undefined;
  return {
    reason: "INVALID_SINK",
    message: `Its sink is ${describeValue(step)}, which lacks recover(), stage() or commit().`,
    remedy:
      "Pass a class that extends TransactionalSink, or an object whose create() returns an instance of one.",
  };
}
