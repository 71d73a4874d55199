import type { Contract, ContractCase } from "./contract.ts";
import type { MissingPromise } from "./missing-promises.ts";
import { checkMutants, type Mutant, type MutantOptions, type MutantReport } from "./mutant.ts";

/** A contract with what proves that it is worth something, whatever its subject. */
export interface ContractSuite {
  /** Name of the port. */
  readonly name: string;
  /** What an implementation of it is, in a sentence. */
  readonly about: string;
  /** The promises. */
  readonly cases: readonly Pick<ContractCase<never>, "id" | "title" | "needs" | "unless">[];
  /** Those that nobody is held to, and why. */
  readonly missing: readonly MissingPromise[];
  /** The wrong implementations that the cases catch. */
  readonly mutants: readonly Pick<Mutant<never>, "id" | "title" | "breaks">[];
  /** Runs every case against every mutant. */
  check(): Promise<MutantReport>;
}

/** What a suite is made of, beside its contract and mutants. */
export interface ContractSuiteOptions<Subject> extends MutantOptions<Subject> {
  /** What an implementation of the port is, in a sentence. */
  readonly about: string;
  /** Promises that the contract does not ask for. */
  readonly missing?: readonly MissingPromise[];
}

/** Puts a contract and its mutants together. */
export function contractSuite<Subject>(
  contract: Contract<Subject>,
  mutants: readonly Mutant<Subject>[],
  { about, missing = [], ...options }: ContractSuiteOptions<Subject>,
): ContractSuite {
  const { name, cases } = contract;
  return { name, about, cases, missing, mutants, check: () => checkMutants(contract, mutants, options) };
}
