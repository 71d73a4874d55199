import { defaultTurns } from "../contract/run-case.ts";
import { describeContract } from "../vitest.ts";
import { clockContract } from "./clock-contract.ts";
import { fakeClockBinding } from "./clock-subject.ts";

describeContract(clockContract, { ...fakeClockBinding, turns: defaultTurns });
