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
    return [id, title, when, caught.join(" ")];
  });
  const dropped = missing.map(({ id, title, reason }) => [id, title, reason]);
  const not =
    dropped.length === 0 ? [] : ["", "Not asked for:", "", ...table(["id", "promise", "why not"], dropped)];
  const promises = table(["id", "promise", "needs", "catches"], rows);
  return [`## ${name}`, "", about, "", ...promises, ...not, ""].join("\n");
}

/** A table whose columns are as wide as their widest cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows].map((row) => row.map(cell));
  const widths = head.map((_, i) => Math.max(3, ...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, i) => (row[i] ?? "").padEnd(width)).join(" | ")} |`;
  const [first = [], ...others] = all;
  return [line(first), line(widths.map((width) => "-".repeat(width))), ...others.map(line)];
}

/** Text that a cell of a table can hold. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
