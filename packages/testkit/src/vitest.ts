import { describe, it } from "vitest";
import { type Contract, type ContractBinding, missingCapabilities, runCase } from "./contract.ts";

/**
 * Gives a contract's cases to vitest, one test each. A case whose capabilities the implementation lacks is skipped,
 * and its title says which.
 */
export function describeContract<Subject>(
  contract: Contract<Subject>,
  binding: ContractBinding<Subject>,
): void {
  const runId = Math.random().toString(36).slice(2, 8);
  describe(`${contract.name} contract`, () => {
    for (const contractCase of contract.cases) {
      const title = `${contractCase.id} ${contractCase.title}`;
      const missing = missingCapabilities(contractCase, binding);
      if (missing.length > 0) it.skip(`${title} [not without ${missing.join(", ")}]`, () => undefined);
      else it(title, () => runCase(contractCase, binding, runId));
    }
  });
}
