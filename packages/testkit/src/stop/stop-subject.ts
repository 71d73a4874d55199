import type { QueueDriver, Scheduler } from "@sage-kernel/core/spi";
import type { ContractBinding } from "../contract/contract.ts";
import { FakeQueueDriver } from "../queue/fake-queue-driver.ts";
import { plainTaskBinding, type TaskFactorySubject, type TaskPlace } from "../task/task-factory-subject.ts";

/** Tasks and the queues between them: a way to run a pipeline. */
export interface PipelinePlace extends TaskPlace {
  /** Makes a driver for the queues, for tasks that run on this scheduler. */
  readonly driver: (scheduler: Scheduler) => QueueDriver;
}

/** What the stop contract needs from a way to run pipelines; the names go into those of pipelines and queues. */
export interface StopSubject extends TaskFactorySubject, PipelinePlace {}

/** Binds a way to run pipelines to the stop contract; `create` makes it anew for each case. */
export function stopBinding(
  create: () => PipelinePlace,
  binding: Omit<ContractBinding<StopSubject>, "open" | "close"> = {},
): ContractBinding<StopSubject> {
  return { ...binding, open: (names) => ({ ...create(), names }) };
}

/** Core's tasks over fake queues in front of the stop contract: the reference that the mutants change. */
export const plainStopBinding: ContractBinding<StopSubject> = {
  open: async (names) => ({ ...(await plainTaskBinding.open(names)), driver: () => new FakeQueueDriver() }),
};
