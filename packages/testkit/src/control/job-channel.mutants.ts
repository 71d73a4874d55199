import type { Mutant } from "../contract/mutant.ts";
import { messageMutants } from "./job-channel-message.mutants.ts";
import { networkMutants } from "./job-channel-network.mutants.ts";
import { seatMutants } from "./job-channel-seat.mutants.ts";
import type { JobChannelSubject } from "./job-channel-subject.ts";

/** Wrong job channels, each caught by the contract. */
export const jobChannelMutants: readonly Mutant<JobChannelSubject>[] = [
  ...messageMutants,
  ...seatMutants,
  ...networkMutants,
];
