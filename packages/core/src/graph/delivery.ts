import type { BuildProblem } from "../errors/build-problem.ts";
import { SageError } from "../errors/sage-error.ts";
import type { StepNode } from "./execution-graph.ts";

/** How often each record takes effect, whatever fails: by state, by outputs within the job, and by sinks. */
export type DeliveryLevel = "at-most-once" | "at-least-once" | "exactly-once";

/** What a job asks for: a level, or the strongest that its parts can give. */
export type DeliveryOption = DeliveryLevel | "auto";

/** Which level a job has, and why not a stronger one; a JSON value. */
export interface Delivery {
  /** What was asked for. */
  readonly requested: DeliveryOption;
  /** What it has. */
  readonly level: DeliveryLevel;
  /** For how long: `process` while this process lives, since what was committed is in its memory. */
  readonly scope: "process";
  /** What stands in the way of `exactly-once`. */
  readonly reasons: readonly BuildProblem[];
}

/** The levels that can be asked for. */
export const deliveryOptions: readonly DeliveryOption[] = [
  "auto",
  "at-most-once",
  "at-least-once",
  "exactly-once",
];

/**
 * Which level a pipeline has. User code may run again at any level but `at-most-once`; what counts is the effect.
 *
 * @throws SageError `DELIVERY_UNAVAILABLE` with all reasons, when an explicit level cannot be met.
 */
export function deliveryOf(
  pipeline: string,
  steps: readonly StepNode[],
  requested: DeliveryOption,
): Delivery {
  const reasons = steps.flatMap(obstacle);
  if (requested === "exactly-once" && reasons.length > 0)
    throw new SageError("DELIVERY_UNAVAILABLE", { pipeline, level: requested, problems: reasons });
  const strongest = reasons.length === 0 ? "exactly-once" : "at-least-once";
  return { requested, level: requested === "auto" ? strongest : requested, scope: "process", reasons };
}

function obstacle({ id: node, guarantee }: StepNode): BuildProblem[] {
  switch (guarantee) {
    case "retained":
      return [
        {
          node,
          reason: "NOT_REPLAYABLE",
          message: "Its source cannot be read again from a position.",
          remedy: "Read from an array, or from a ReplayableSource with fromReplayable().",
        },
      ];
    case "plain":
      return [
        {
          node,
          reason: "PLAIN_SINK",
          message: "Its function may get a record again after a crash.",
          remedy: "Make it idempotent by ctx.recordId and say idempotent: true, or use transactionalSink().",
        },
      ];
    default:
      return [];
  }
}
