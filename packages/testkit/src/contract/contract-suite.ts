import type { Contract } from "./contract.ts";
import { checkMutants, type Mutant, type MutantOptions, type MutantReport } from "./mutant.ts";

/** A contract with what proves that it is worth something, whatever its subject. */
export interface ContractSuite {
  /** Name of the port. */
  readonly name: string;
  /** Runs every case against every mutant. */
  check(): Promise<MutantReport>;
}

/** Puts a contract and its mutants together. */
export function contractSuite<Subject>(
  contract: Contract<Subject>,
  mutants: readonly Mutant<Subject>[],
  options: MutantOptions<Subject>,
): ContractSuite {
  return { name: contract.name, check: () => checkMutants(contract, mutants, options) };
}
