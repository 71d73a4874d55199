import { defaultTurns } from "../contract/run-case.ts";
import { describeContract } from "../vitest.ts";
import { stateStoreContract } from "./state-store-contract.ts";
import { fakeStoreBinding } from "./store-mutant.ts";

describeContract(stateStoreContract, { ...fakeStoreBinding, turns: defaultTurns });
