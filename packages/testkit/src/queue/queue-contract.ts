import type { Contract } from "../contract.ts";
import { queueCapacityCases } from "./queue-capacity-cases.ts";
import { queueEndCases } from "./queue-end-cases.ts";
import { queueOrderCases } from "./queue-order-cases.ts";
import type { QueueSubject } from "./queue-subject.ts";

/** The promises of the `Queue` port. */
export const queueContract: Contract<QueueSubject> = {
  name: "Queue",
  cases: [...queueOrderCases, ...queueCapacityCases, ...queueEndCases],
};
