import { describe, it } from "vitest";
import { type ContractBinder, createBinder } from "./contract/bind-contract.ts";

const binder = createBinder({ describe, it });

/**
 * Gives a contract's cases to vitest, one test each. A case that does not apply is skipped, and its title says why; a
 * known deviation is a test that fails when the case passes.
 */
export const describeContract: ContractBinder["describeContract"] = binder.describeContract;

/** Holds a contract against its mutants: one test for each mutant, and one for each case. */
export const describeMutants: ContractBinder["describeMutants"] = binder.describeMutants;
