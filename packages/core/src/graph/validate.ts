import type { BuildProblem } from "../errors/catalog.ts";
import { describeValue } from "../errors/sage-error.ts";
import { type StepKind, stepId, type Transformation } from "./transformation.ts";

const terminal: ReadonlySet<StepKind> = new Set(["sink", "collect", "run"]);
const builtIn = new Set(["round-robin", "hash", "broadcast"]);
const policies = new Set(["fail", "skip", "deadLetter"]);
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What a declaration is checked against. */
export interface ValidationScope {
  readonly environment: object;
  readonly name: string;
  readonly steps: readonly Transformation[];
  readonly partitioners: ReadonlyMap<string, unknown>;
}

/** Everything that is wrong with a declared pipeline, found in one pass. */
export function validate(scope: ValidationScope): BuildProblem[] {
  const problems: BuildProblem[] = [];
  if (!namePattern.test(scope.name)) {
    problems.push(problem(scope.name, "INVALID_NAME", "The pipeline's name is invalid.", nameRemedy));
  }
  if (scope.steps.length === 0) {
    problems.push(problem(scope.name, "EMPTY", "The pipeline has no steps.", "Begin with fromBatch()."));
  }
  const consumed = new Set(scope.steps.flatMap((step) => step.inputs.flat()));
  const ids = new Map<string, number>();
  for (const step of scope.steps) {
    const id = stepId(step);
    ids.set(id, (ids.get(id) ?? 0) + 1);
    if (step.problem !== undefined) problems.push({ node: id, ...step.problem });
    checkOptions(step, id, scope, problems);
    checkInputs(step, id, scope, problems);
    if (!terminal.has(step.kind) && !consumed.has(step)) {
      problems.push(
        problem(
          id,
          "DANGLING",
          "Nothing receives its output.",
          "Add a sink or collect(), or run() to discard it on purpose.",
        ),
      );
    }
  }
  for (const [id, count] of ids) {
    if (count > 1)
      problems.push(problem(id, "DUPLICATE_NAME", `${count} steps have this name.`, "Give each its own."));
  }
  return problems;
}

const nameRemedy = "Use 1 to 64 letters, digits, '-', '_' and '.', beginning with a letter or digit.";

function problem(node: string, reason: string, message: string, remedy: string): BuildProblem {
  return { node, reason, message, remedy };
}

function checkOptions(
  step: Transformation,
  id: string,
  scope: ValidationScope,
  problems: BuildProblem[],
): void {
  const { name, parallelism, queueCapacity, concurrency, onError, partitioner } = step.options;
  if (name !== undefined && (typeof name !== "string" || !namePattern.test(name))) {
    problems.push(problem(String(id), "INVALID_NAME", `Its name is ${describeValue(name)}.`, nameRemedy));
  }
  for (const [option, value] of Object.entries({ parallelism, queueCapacity, concurrency })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    const reason = `INVALID_${option === "queueCapacity" ? "CAPACITY" : option.toUpperCase()}`;
    problems.push(
      problem(id, reason, `Its ${option} is ${describeValue(value)}.`, "Use an integer of at least 1."),
    );
  }
  if (onError !== undefined && !policies.has(onError)) {
    problems.push(
      problem(
        id,
        "INVALID_ON_ERROR",
        `Its onError is ${describeValue(onError)}.`,
        "Use fail, skip or deadLetter.",
      ),
    );
  }
  const { strategy } = step.options;
  if (strategy !== undefined && !builtIn.has(strategy)) {
    problems.push(
      problem(
        id,
        "INVALID_STRATEGY",
        `Its strategy is ${describeValue(strategy)}.`,
        "Use hash, round-robin or broadcast.",
      ),
    );
  }
  if (partitioner !== undefined && !isPartitioner(partitioner)) {
    const remedy = "Use a strategy's or registered name, a function, or an object with create().";
    problems.push(
      problem(id, "INVALID_PARTITIONER", `Its partitioner is ${describeValue(partitioner)}.`, remedy),
    );
  }
  if (typeof partitioner === "string" && !builtIn.has(partitioner) && !scope.partitioners.has(partitioner)) {
    const known = [...builtIn, ...scope.partitioners.keys()].join(", ");
    problems.push(
      problem(
        id,
        "UNKNOWN_PARTITIONER",
        `Its partitioner "${partitioner}" is not registered.`,
        `Known are ${known}; register it with env.registerPartitioner().`,
      ),
    );
  }
}

function isPartitioner(value: unknown): boolean {
  if (typeof value === "string" || typeof value === "function") return true;
  return typeof (value as { create?: unknown } | null)?.create === "function";
}

function checkInputs(
  step: Transformation,
  id: string,
  scope: ValidationScope,
  problems: BuildProblem[],
): void {
  const upstreams = step.inputs.flat();
  if (
    step.environment !== scope.environment ||
    upstreams.some((up) => up.environment !== scope.environment)
  ) {
    problems.push(
      problem(
        id,
        "MIXED_ENVIRONMENTS",
        "It joins streams of different environments.",
        "Declare the whole pipeline in one environment.",
      ),
    );
  }
  const keyed = upstreams.length > 0 && upstreams.every((up) => up.keyed);
  if (step.kind === "reduce" && !keyed) {
    problems.push(problem(id, "NOT_KEYED", "It reduces a stream without keys.", "Put keyBy() before it."));
  }
  if (step.options.partitioner === "hash" && !keyed) {
    problems.push(
      problem(id, "NOT_KEYED", "It partitions a stream without keys by hash.", "Put keyBy() before it."),
    );
  }
}
