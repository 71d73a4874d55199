import type { Contract } from "../contract/contract.ts";
import type { TaskFactorySubject } from "./task-factory-subject.ts";
import { taskFaultCases } from "./task-fault-cases.ts";
import { taskFlowCases } from "./task-flow-cases.ts";
import { taskGraphCases } from "./task-graph-cases.ts";
import { taskLifeCases } from "./task-life-cases.ts";
import { taskStopCases } from "./task-stop-cases.ts";

/** The promises of the `TaskFactory` port and of the tasks that it makes. */
export const taskFactoryContract: Contract<TaskFactorySubject> = {
  name: "TaskFactory",
  cases: [...taskLifeCases, ...taskFaultCases, ...taskFlowCases, ...taskStopCases, ...taskGraphCases],
};
