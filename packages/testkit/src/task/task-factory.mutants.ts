import type { Mutant } from "../contract/mutant.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";
import { taskFaultMutants } from "./task-fault.mutants.ts";
import { taskFlowMutants } from "./task-flow.mutants.ts";
import { taskLifeMutants } from "./task-life.mutants.ts";
import { taskStopMutants } from "./task-stop.mutants.ts";

/** Minimal wrong task factories, each caught by the task contract. */
export const taskFactoryMutants: readonly Mutant<TaskFactorySubject>[] = [
  ...taskLifeMutants,
  ...taskFaultMutants,
  ...taskStopMutants,
  ...taskFlowMutants,
];
