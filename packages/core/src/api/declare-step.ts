import { describeValue } from "../errors/sage-error.ts";
import type {
  DeclarationProblem,
  StepGuarantee,
  StepKind,
  StepOutput,
  Transformation,
  Upstream,
} from "../graph/transformation.ts";
import { isKeyed } from "../graph/transformation.ts";
import type { OperatorRecipe } from "../operator/operator-recipes.ts";
import { isStep } from "../operator/step-code.ts";
import type { BuiltInStrategy } from "../routing/partitioner.port.ts";
import type { Declaration } from "./declaration.ts";

/** What a stream's method declares. */
export interface StepDeclaration {
  readonly kind: StepKind;
  readonly inputs: readonly (readonly Upstream[])[];
  readonly options: Transformation["options"];
  readonly recipe: OperatorRecipe;
  /** The user's code, to be checked; left out where there is none, or where it was checked already. */
  readonly step?: unknown;
  /** What is wrong with it. */
  readonly problem?: DeclarationProblem | undefined;
  /** Whether its output carries keys; by default as its inputs do. */
  readonly keyed?: boolean;
  /** What it promises about delivery, where it is a sink. */
  readonly guarantee?: StepGuarantee;
  /** How keyed output is spread. */
  readonly strategy?: BuiltInStrategy;
  /** The service whose requests it answers, where it replies to one only. */
  readonly answers?: string | undefined;
}

/** Declares a step. */
export function declareStep(declaration: Declaration, step: StepDeclaration): Transformation {
  const { kind, inputs, options, recipe } = step;
  const keyed = step.keyed ?? inputs.flat().every(isKeyed);
  const problem = step.problem ?? ("step" in step && !isStep(step.step) ? noFunction(step.step) : undefined);
  return declaration.add({
    kind,
    inputs,
    options,
    keyed,
    strategy: step.strategy ?? (keyed ? "hash" : "round-robin"),
    ...(problem === undefined ? {} : { problem }),
    guarantee: step.guarantee,
    answers: step.answers,
    createRuntime: (resources) => ({ createOperator: () => recipe(resources) }),
  });
}

/** The records of a step. */
export function recordsOf(step: Transformation): StepOutput {
  return { step, output: "records", shared: false };
}

function noFunction(step: unknown): DeclarationProblem {
  return {
    reason: "INVALID_FUNCTION",
    message: `Its function is ${describeValue(step)}.`,
    remedy:
      "Pass a function, a class with execute(), or an object whose create() returns an instance of one.",
  };
}
