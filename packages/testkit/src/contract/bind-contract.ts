import { type Contract, type ContractBinding, whyNotApplicable } from "./contract.ts";
import { type Mutant, MutantCheck, type MutantOptions } from "./mutant.ts";
import { runCase, runDeviation } from "./run-case.ts";

/** What the binders need of a test runner: `describe` and `it` as vitest and `node:test` have them. */
export interface TestRunner {
  /** Groups the tests that `body` declares. */
  readonly describe: (title: string, body: () => void) => unknown;
  /** Declares a test; with `skip` one that is not run. */
  readonly it: ((title: string, run: () => Promise<void>) => unknown) & {
    readonly skip: (title: string, run: () => void) => unknown;
  };
}

/** Gives contracts to one test runner. */
export interface ContractBinder {
  /**
   * Declares a contract's cases, one test each. What does not apply is skipped and its title says why; a known
   * deviation is expected to fail; a deviation that names no case to run is a failure.
   */
  describeContract<Subject>(contract: Contract<Subject>, binding: ContractBinding<Subject>): void;
  /**
   * Holds a contract against its mutants: one test for each mutant, one for each case, and one for the rest, such as
   * a reference that breaks its promises.
   */
  describeMutants<Subject>(
    contract: Contract<Subject>,
    mutants: readonly Mutant<Subject>[],
    options: MutantOptions<Subject>,
  ): void;
}

/** A binder for a test runner. */
export function createBinder(runner: TestRunner): ContractBinder {
  return {
    describeContract: (contract, binding) => bindContract(runner, contract, binding),
    describeMutants: (contract, mutants, options) => bindMutants(runner, contract, mutants, options),
  };
}

function bindContract<Subject>(
  runner: TestRunner,
  contract: Contract<Subject>,
  binding: ContractBinding<Subject>,
): void {
  const runId = newRunId();
  const { deviations = {}, turns } = binding;
  const stale = new Set(Object.keys(deviations));
  runner.describe(`${contract.name} contract`, () => {
    for (const contractCase of contract.cases) {
      const title = `${contractCase.id} ${contractCase.title}`;
      const notApplicable = whyNotApplicable(contractCase, binding);
      if (notApplicable !== undefined) {
        runner.it.skip(`${title} [${notApplicable}]`, () => undefined);
        continue;
      }
      stale.delete(contractCase.id);
      const reason = deviations[contractCase.id];
      if (reason === undefined) runner.it(title, () => runCase(contractCase, binding, runId, turns));
      else
        runner.it(`${title} [known deviation: ${reason}]`, () =>
          runDeviation(contractCase, binding, runId, reason, turns),
        );
    }
    for (const id of stale)
      runner.it(`deviation ${id}`, () =>
        Promise.reject(new Error(`no case ${id} is run: take it off the list`)),
      );
  });
}

function bindMutants<Subject>(
  runner: TestRunner,
  contract: Contract<Subject>,
  mutants: readonly Mutant<Subject>[],
  options: MutantOptions<Subject>,
): void {
  const check = new MutantCheck(contract, mutants, options);
  runner.describe(`${contract.name} contract under mutation`, () => {
    runner.it("holds for the reference, and every id is used once", async () =>
      refuse(await check.general()),
    );
    mutants.forEach(({ id, title }, i) => {
      runner.it(`catches ${id} ${title}`, async () => refuse((await check.mutant(i)).problems));
    });
    contract.cases.forEach(({ id }, i) => {
      runner.it(`${id} catches a mutant`, async () => refuse((await check.cases())[i]?.problems ?? []));
    });
  });
}

/** @throws Error when there is a problem. */
function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

/** Six characters that differ in every run. */
function newRunId(): string {
  return Math.random().toString(36).slice(2, 8);
}
