import { describeMutants } from "../vitest.ts";
import { stateStoreMutants } from "./state-store.mutants.ts";
import { stateStoreContract } from "./state-store-contract.ts";
import { fakeStoreBinding } from "./store-mutant.ts";

describeMutants(stateStoreContract, stateStoreMutants, { reference: fakeStoreBinding });
