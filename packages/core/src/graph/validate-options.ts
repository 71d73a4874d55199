import { describeValue } from "../errors/sage-error.ts";
import { builtInStrategies } from "../routing/partitioner.port.ts";
import { problemOf } from "../task/on-error.ts";
import { restartProblemOf } from "../task/restart-strategy.ts";
import type { Transformation } from "./transformation.ts";

/** Notes a problem of a step. */
export type Report = (node: string, reason: string, message: string, remedy: string) => void;

/** What names of steps, environments and futures look like. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** What to do about a name that does not match. */
export const nameRemedy = "Use 1 to 64 letters, digits, '-', '_' and '.', beginning with a letter or digit.";

/** What a placement must be. */
export const placementRemedy =
  "Use { label: name }, a label that workers are started with, of the same form as names.";

const builtIn: ReadonlySet<string> = new Set(builtInStrategies);

const sourceOptions = ["name", "parallelism", "onError", "restart", "placement"];
const stepOptions = [
  ...sourceOptions,
  ...["queueCapacity", "concurrency", "ordered", "timeoutMs", "plugins", "partitioner"],
];

/** Checks the options of a step, each by itself. */
export function checkOptions(
  step: Transformation,
  id: string,
  partitioners: ReadonlyMap<string, unknown>,
  report: Report,
): void {
  const { options } = step;
  const { name, onError, restart, strategy, ordered, plugins, placement } = options;
  if (name !== undefined && (typeof name !== "string" || !namePattern.test(name)))
    report(String(id), "INVALID_NAME", `Its name is ${describeValue(name)}.`, nameRemedy);
  const known = step.kind === "source" ? sourceOptions : stepOptions;
  for (const option of Object.keys(options)) {
    if (known.includes(option) || (option === "strategy" && step.kind === "keyBy")) continue;
    report(id, "UNKNOWN_OPTION", `It has an option "${option}".`, `Known are ${known.join(", ")}.`);
  }
  checkNumbers(step, id, report);
  const problem = onError === undefined ? undefined : problemOf(onError);
  if (problem !== undefined) {
    const remedy =
      "Use fail, skip, deadLetter, restart, or { retry: attempts or options, restarts: number, onExhausted: one of the first three }.";
    const got = typeof onError === "object" ? problem : `is ${describeValue(onError)}`;
    report(id, "INVALID_ON_ERROR", `Its onError ${got}.`, remedy);
  }
  const restartProblem = restart === undefined ? undefined : restartProblemOf(restart);
  if (restartProblem !== undefined) {
    const remedy = 'Use "none", or { kind: "fixedDelay" }, "exponential" or "failureRate" with its options.';
    report(id, "INVALID_RESTART", `Its restart ${restartProblem}.`, remedy);
  }
  if (strategy !== undefined && !builtIn.has(strategy)) {
    const message = `Its strategy is ${describeValue(strategy)}.`;
    report(id, "INVALID_STRATEGY", message, `Use ${builtInStrategies.join(", ")}.`);
  }
  if (ordered !== undefined && typeof ordered !== "boolean")
    report(id, "INVALID_ORDERED", `Its ordered is ${describeValue(ordered)}.`, "Use true or false.");
  if (plugins !== undefined && !(Array.isArray(plugins) && plugins.every(isPlugin))) {
    const remedy = "Use an array of objects with a name and before, around or after.";
    report(id, "INVALID_PLUGINS", `Its plugins are ${describeValue(plugins)}.`, remedy);
  }
  if (placement !== undefined && !isPlacement(placement))
    report(id, "INVALID_PLACEMENT", `Its placement is ${describeValue(placement)}.`, placementRemedy);
  checkPartitioner(options.partitioner, id, partitioners, report);
}

function checkNumbers({ options }: Transformation, id: string, report: Report): void {
  const { parallelism, queueCapacity, concurrency, timeoutMs } = options;
  for (const [option, value] of Object.entries({ parallelism, queueCapacity, concurrency })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    const reason = `INVALID_${option === "queueCapacity" ? "CAPACITY" : option.toUpperCase()}`;
    report(id, reason, `Its ${option} is ${describeValue(value)}.`, "Use an integer of at least 1.");
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0 && Number.isFinite(timeoutMs)))
    report(
      id,
      "INVALID_TIMEOUT",
      `Its timeoutMs is ${describeValue(timeoutMs)}.`,
      "Use a number of ms above 0.",
    );
}

function checkPartitioner(
  partitioner: unknown,
  id: string,
  partitioners: ReadonlyMap<string, unknown>,
  report: Report,
): void {
  if (partitioner === undefined) return;
  if (!isPartitioner(partitioner)) {
    const remedy = "Use a strategy's or registered name, a function, or an object with create().";
    report(id, "INVALID_PARTITIONER", `Its partitioner is ${describeValue(partitioner)}.`, remedy);
  } else if (typeof partitioner === "string" && !builtIn.has(partitioner) && !partitioners.has(partitioner)) {
    const known = [...builtIn, ...partitioners.keys()].join(", ");
    const remedy = `Known are ${known}; register it with env.registerPartitioner().`;
    report(id, "UNKNOWN_PARTITIONER", `Its partitioner "${partitioner}" is not registered.`, remedy);
  }
}

/** Whether something is the `placement` of a step or service. */
export function isPlacement(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Object.keys(value).some((key) => key !== "label"))
    return false;
  const { label } = value as { readonly label?: unknown };
  return typeof label === "string" && namePattern.test(label);
}

function isPartitioner(value: unknown): boolean {
  if (typeof value === "string" || typeof value === "function") return true;
  return typeof (value as { create?: unknown } | null)?.create === "function";
}

/** Tells whether a value can be a plug-in. */
export function isPlugin(value: unknown): boolean {
  const hooks = value as { readonly [hook: string]: unknown } | null | undefined;
  if (typeof hooks?.name !== "string") return false;
  return ["before", "around", "after"].some((hook) => typeof hooks[hook] === "function");
}
