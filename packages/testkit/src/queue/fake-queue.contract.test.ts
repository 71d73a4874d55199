import { defaultTurns } from "../contract/run-case.ts";
import { describeContract } from "../vitest.ts";
import { queueContract } from "./queue-contract.ts";
import { fakeQueueBinding } from "./queue-mutant.ts";

describeContract(queueContract, { ...fakeQueueBinding, turns: defaultTurns });
