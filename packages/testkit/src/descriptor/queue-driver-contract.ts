import type { Contract } from "../contract/contract.ts";
import { descriptorCases } from "./descriptor-cases.ts";
import { handlesCases } from "./handles-cases.ts";
import type { QueueDriverSubject } from "./queue-driver-subject.ts";

/** The promises of the `QueueDriver` port, and of the descriptors and handles through which it is used. */
export const queueDriverContract: Contract<QueueDriverSubject> = {
  name: "QueueDriver",
  cases: [...descriptorCases, ...handlesCases],
};
