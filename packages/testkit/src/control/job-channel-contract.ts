import type { Contract } from "../contract/contract.ts";
import { messageCases } from "./job-channel-message-cases.ts";
import { networkCases } from "./job-channel-network-cases.ts";
import { seatCases } from "./job-channel-seat-cases.ts";
import type { JobChannelSubject } from "./job-channel-subject.ts";

/** The promises of the channels between managers of jobs, their clients and workers. */
export const jobChannelContract: Contract<JobChannelSubject> = {
  name: "JobChannel",
  cases: [...messageCases, ...seatCases, ...networkCases],
};
