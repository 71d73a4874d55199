import { defaultTurns } from "../contract/run-case.ts";
import { describeContract } from "../vitest.ts";
import { jobChannelContract } from "./job-channel-contract.ts";
import { fakeJobHubBinding } from "./job-channel-subject.ts";

describeContract(jobChannelContract, { ...fakeJobHubBinding, turns: defaultTurns });
