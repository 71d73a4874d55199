import type { Mutant } from "../contract/mutant.ts";
import { storeDeliveryMutants } from "./store-delivery.mutants.ts";
import { storeHandoverMutants } from "./store-handover.mutants.ts";
import { storeIdentityMutants } from "./store-identity.mutants.ts";
import { storeLifeMutants } from "./store-life.mutants.ts";
import { storeProgressMutants } from "./store-progress.mutants.ts";
import { storeRefusalMutants } from "./store-refusal.mutants.ts";
import { storeStateMutants } from "./store-state.mutants.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** Minimal wrong stores, each caught by the contract. */
export const stateStoreMutants: readonly Mutant<StateStoreSubject>[] = [
  ...storeLifeMutants,
  ...storeStateMutants,
  ...storeProgressMutants,
  ...storeIdentityMutants,
  ...storeRefusalMutants,
  ...storeDeliveryMutants,
  ...storeHandoverMutants,
];
