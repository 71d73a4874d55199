import type { BuildProblem } from "../errors/build-problem.ts";
import type { QueuePlan } from "./queue-plan.ts";
import type { DeclaredService } from "./service-declaration.ts";
import {
  type FutureSlot,
  type StepKind,
  stepId,
  type Transformation,
  type Upstream,
} from "./transformation.ts";
import { checkFutures, checkLoops } from "./validate-futures.ts";
import { checkInputs } from "./validate-inputs.ts";
import { checkOptions, namePattern, nameRemedy } from "./validate-options.ts";
import { checkQueues } from "./validate-queues.ts";
import { checkRequests } from "./validate-requests.ts";
import { checkServices } from "./validate-services.ts";

const terminal: ReadonlySet<StepKind> = new Set(["sink", "reply", "print", "collect", "run"]);

/** What a declaration is checked against. */
export interface ValidationScope {
  readonly environment: object;
  readonly name: string;
  readonly steps: readonly Transformation[];
  readonly futures: readonly FutureSlot[];
  readonly services: readonly DeclaredService[];
  /** What was found wrong while streams were declared that are no steps. */
  readonly problems: readonly BuildProblem[];
  readonly partitioners: ReadonlyMap<string, unknown>;
  /** Of what kind its queues are to be. */
  readonly queues: QueuePlan;
}

/** Everything that is wrong with a declared pipeline, found in one pass. */
export function validate(scope: ValidationScope): BuildProblem[] {
  const problems: BuildProblem[] = [...scope.problems];
  const report = (node: string, reason: string, message: string, remedy: string): void => {
    problems.push({ node, reason, message, remedy });
  };
  if (!namePattern.test(scope.name))
    report(scope.name, "INVALID_NAME", "The pipeline's name is invalid.", nameRemedy);
  if (scope.steps.length === 0 && scope.services.length === 0)
    report(scope.name, "EMPTY", "The pipeline has no steps.", "Begin with fromBatch().");
  const consumed = consumedSteps(scope);
  const ids = new Map<string, number>();
  for (const step of scope.steps) {
    const id = stepId(step);
    ids.set(id, (ids.get(id) ?? 0) + 1);
    if (step.problem !== undefined) problems.push({ node: id, ...step.problem });
    checkOptions(step, id, scope.partitioners, report);
    checkInputs(step, id, scope.environment, report);
    if (!terminal.has(step.kind) && !consumed.has(step)) {
      const remedy = "Add a sink or collect(), or run() to discard it on purpose.";
      report(id, "DANGLING", "Nothing receives its output.", remedy);
    }
  }
  for (const [id, count] of ids) {
    if (count > 1) report(id, "DUPLICATE_NAME", `${count} steps have this name.`, "Give each its own.");
  }
  checkServices(scope.services, report);
  checkRequests(scope, report);
  checkQueues(scope, report);
  checkFutures(scope, report);
  checkLoops(scope, report);
  return problems;
}

/** The steps whose records go somewhere. */
function consumedSteps({ steps, futures }: ValidationScope): Set<Transformation> {
  const upstreams: readonly Upstream[] = [
    ...steps.flatMap((step) => step.inputs.flat()),
    ...futures.flatMap((future) => future.fills.flat()),
  ];
  return new Set(upstreams.flatMap((up) => ("step" in up && up.output === "records" ? [up.step] : [])));
}
