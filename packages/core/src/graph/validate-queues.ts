import type { QueuePlan } from "./queue-plan.ts";
import type { DeclaredService } from "./service-declaration.ts";
import { stepId, type Transformation } from "./transformation.ts";

/** What a plan of queues is checked against. */
interface Declared {
  readonly name: string;
  readonly steps: readonly Transformation[];
  readonly services: readonly DeclaredService[];
  readonly queues: QueuePlan;
}

/** Reports what the plan says of queues that there are not. */
export function checkQueues(
  { name: pipeline, steps, services, queues }: Declared,
  report: (node: string, reason: string, message: string, remedy: string) => void,
): void {
  const owners = new Set([
    ...steps.filter(({ inputs }) => inputs.length > 0).map((step) => stepId(step)),
    ...services.map(({ name }) => name),
  ]);
  for (const owner of queues.kinds.get(pipeline)?.keys() ?? []) {
    if (owners.has(owner)) continue;
    const message =
      "The runtime's queueKinds name it, and no service and no step with an input has this name.";
    report(owner, "UNKNOWN_QUEUE", message, `Those that have are ${[...owners].join(", ")}.`);
  }
}
