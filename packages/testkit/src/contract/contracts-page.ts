import type { ContractSuite } from "./contract-suite.ts";

/** All promises of all ports as a page in Markdown: what `pnpm contracts --write` writes to `docs/contracts.md`. */
export function contractsPage(suites: readonly ContractSuite[]): string {
  const cases = suites.reduce((sum, suite) => sum + suite.cases.length, 0);
  const mutants = suites.reduce((sum, suite) => sum + suite.mutants.length, 0);
  const intro = `# Contracts

Every promise of every port, as the contracts of \`@sage-kernel/testkit\` hold an implementation to it. An adapter runs
them with \`describeContract\`: see [writing an adapter](writing-an-adapter.md). A case with a capability behind it
applies to implementations that have it, or, with "not", to those that have it not.

Each case fails for at least one mutant, a minimal wrong implementation, which stands behind it: ${cases} cases, ${mutants} mutants.
\`pnpm contracts\` runs them all; this page is written by \`pnpm contracts --write\`, and a test fails when it is stale.
`;
  return [intro, ...suites.map(suitePage)].join("\n");
}

function suitePage({ name, about, cases, missing, mutants }: ContractSuite): string {
  const rows = cases.map(({ id, title, needs = [], unless = [] }) => {
    const when = [...needs, ...unless.map((capability) => `not ${capability}`)].join(", ");
    const caught = mutants.filter(({ breaks }) => breaks.includes(id)).map((mutant) => mutant.id);
    return `| ${id} | ${cell(title)} | ${when} | ${caught.join(" ")} |`;
  });
  const table = ["| id | promise | needs | catches |", "| --- | --- | --- | --- |", ...rows];
  const dropped = missing.map(({ id, title, reason }) => `| ${id} | ${cell(title)} | ${cell(reason)} |`);
  const not =
    dropped.length === 0
      ? []
      : ["", "Not asked for:", "", "| id | promise | why not |", "| --- | --- | --- |", ...dropped];
  return [`## ${name}`, "", about, "", ...table, ...not, ""].join("\n");
}

/** Text that a cell of a table can hold. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
