import type { Contract } from "../contract/contract.ts";
import { queueCapacityCases } from "./queue-capacity-cases.ts";
import { queueContentCases } from "./queue-content-cases.ts";
import { queueEndCases } from "./queue-end-cases.ts";
import { queueOrderCases } from "./queue-order-cases.ts";
import type { QueueSubject } from "./queue-subject.ts";
import { queueWaitingCases } from "./queue-waiting-cases.ts";

/** The promises of the `Queue` port. */
export const queueContract: Contract<QueueSubject> = {
  name: "Queue",
  cases: [
    ...queueContentCases,
    ...queueOrderCases,
    ...queueCapacityCases,
    ...queueWaitingCases,
    ...queueEndCases,
  ],
};
