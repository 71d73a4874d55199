import type { Contract } from "../contract/contract.ts";
import { workersCases } from "./workers-cases.ts";
import { workersChangeCases } from "./workers-change-cases.ts";
import type { WorkersSubject } from "./workers-subject.ts";

/** The promises of jobs in workers, over the queues, the store and the channel of an adapter. */
export const workersContract: Contract<WorkersSubject> = {
  name: "Workers",
  cases: [...workersCases, ...workersChangeCases],
};
