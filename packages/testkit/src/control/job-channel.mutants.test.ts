import { describeMutants } from "../vitest.ts";
import { jobChannelMutants } from "./job-channel.mutants.ts";
import { jobChannelContract } from "./job-channel-contract.ts";
import { fakeJobHubBinding } from "./job-channel-subject.ts";

describeMutants(jobChannelContract, jobChannelMutants, { reference: fakeJobHubBinding });
