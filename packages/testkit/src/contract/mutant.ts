import { type Contract, type ContractCase, type SubjectSource, whyNotApplicable } from "./contract.ts";
import { defaultTurns, runCase } from "./run-case.ts";

/**
 * A minimal wrong implementation of a port. It lives in memory and waits for nothing outside the event loop, so that
 * "it hangs" can be told without a clock.
 */
export interface Mutant<Subject> extends SubjectSource<Subject> {
  /** Stable id, such as `QM-03`. */
  readonly id: string;
  /** What it does wrong, as a sentence in the present tense. */
  readonly title: string;
  /** Ids of the cases that must catch it; others may, too. */
  readonly breaks: readonly string[];
}

/**
 * A maker of mutants of a reference: each opens the reference's subject, and `change` puts in what is wrong with it.
 */
export function mutantsOf<Subject, Wrong>(
  reference: SubjectSource<Subject>,
  change: (right: Subject, wrong: Wrong) => Subject,
): (id: string, title: string, breaks: readonly string[], wrong: Wrong) => Mutant<Subject> {
  return (id, title, breaks, wrong) => ({
    ...reference,
    id,
    title,
    breaks,
    open: async (names) => change(await reference.open(names), wrong),
  });
}

/** How mutants are checked. */
export interface MutantOptions<Subject> {
  /** The correct implementation that the mutants change; it must keep every promise that applies to it. */
  readonly reference: SubjectSource<Subject>;
  /** Turns of the event loop after which a case "did not settle", which is a failure. 1000 by default. */
  readonly turns?: number;
  /** Goes into every name. By default `mutants`. */
  readonly runId?: string;
}

/** What became of one mutant. */
export interface MutantVerdict {
  readonly id: string;
  readonly title: string;
  /** Ids of the cases that failed, in the contract's order. */
  readonly caughtBy: readonly string[];
  /** What each of them said. */
  readonly failures: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** What one case is good for. */
export interface CaseVerdict {
  readonly id: string;
  readonly title: string;
  /** Ids of the mutants for which it failed. */
  readonly catches: readonly string[];
  readonly problems: readonly string[];
}

/** A contract held against its mutants. */
export interface MutantReport {
  /** Name of the port. */
  readonly contract: string;
  /** In the order of the mutants given. */
  readonly mutants: readonly MutantVerdict[];
  /** In the contract's order. */
  readonly cases: readonly CaseVerdict[];
  /** Problems of no single mutant or case: an id used twice, a reference that breaks a promise. */
  readonly general: readonly string[];
  /** Everything that is wrong: none means that each case is worth its place and no mutant survives. */
  readonly problems: readonly string[];
}

/**
 * Runs every case against every mutant. Never throws for what a mutant does.
 *
 * A problem is: a mutant that no case catches; a case named in `breaks` that does not catch its mutant, or does not
 * exist; a case that fails for no mutant; a reference that fails a case; an id that is used twice.
 */
export async function checkMutants<Subject>(
  contract: Contract<Subject>,
  mutants: readonly Mutant<Subject>[],
  options: MutantOptions<Subject>,
): Promise<MutantReport> {
  const check = new MutantCheck(contract, mutants, options);
  const general = await check.general();
  const mutantVerdicts = await check.mutants();
  const cases = await check.cases();
  const problems = [...general, ...[...mutantVerdicts, ...cases].flatMap((verdict) => verdict.problems)];
  return { contract: contract.name, mutants: mutantVerdicts, cases, general, problems };
}

/** Holds a contract against its mutants, each when it is asked for, and once. */
export class MutantCheck<Subject> {
  readonly #contract: Contract<Subject>;
  readonly #mutants: readonly Mutant<Subject>[];
  readonly #options: MutantOptions<Subject>;
  readonly #verdicts = new Map<number, Promise<MutantVerdict>>();

  constructor(
    contract: Contract<Subject>,
    mutants: readonly Mutant<Subject>[],
    options: MutantOptions<Subject>,
  ) {
    this.#contract = contract;
    this.#mutants = mutants;
    this.#options = options;
  }

  /** Problems of no single mutant or case. */
  async general(): Promise<string[]> {
    const ids = [...repeated(this.#contract.cases), ...repeated(this.#mutants)];
    const failures = await this.#failuresOf(this.#options.reference, "reference");
    return [
      ...ids.map((id) => `the id ${id} is used twice`),
      ...Object.entries(failures).map(([id, why]) => `the reference fails ${id}: ${why}`),
    ];
  }

  /** What became of one mutant, by its place. */
  mutant(index: number): Promise<MutantVerdict> {
    let verdict = this.#verdicts.get(index);
    if (verdict === undefined) {
      const mutant = this.#mutants[index] as Mutant<Subject>;
      verdict = this.#failuresOf(mutant, mutant.id).then((failures) =>
        verdictOn(mutant, failures, this.#contract.cases),
      );
      this.#verdicts.set(index, verdict);
    }
    return verdict;
  }

  /** What became of all mutants, one after the other. */
  async mutants(): Promise<MutantVerdict[]> {
    const verdicts: MutantVerdict[] = [];
    for (const index of this.#mutants.keys()) verdicts.push(await this.mutant(index));
    return verdicts;
  }

  /** What each case is good for. */
  async cases(): Promise<CaseVerdict[]> {
    const verdicts = await this.mutants();
    return this.#contract.cases.map(({ id, title }): CaseVerdict => {
      const catches = verdicts.filter(({ caughtBy }) => caughtBy.includes(id)).map((mutant) => mutant.id);
      return { id, title, catches, problems: catches.length > 0 ? [] : [`${id} fails for no mutant`] };
    });
  }

  #failuresOf(source: SubjectSource<Subject>, id: string): Promise<Record<string, string>> {
    const { turns = defaultTurns, runId = "mutants" } = this.#options;
    return failedCases(this.#contract.cases, source, `${runId}/${id}`, turns);
  }
}

async function failedCases<Subject>(
  cases: readonly ContractCase<Subject>[],
  source: SubjectSource<Subject>,
  runId: string,
  turns: number,
): Promise<Record<string, string>> {
  const failures: Record<string, string> = {};
  for (const contractCase of cases) {
    if (whyNotApplicable(contractCase, source) !== undefined) continue;
    await runCase(contractCase, source, runId, turns).catch((error: unknown) => {
      failures[contractCase.id] = String(error).split("\n", 1)[0] as string;
    });
  }
  return failures;
}

function verdictOn<Subject>(
  { id, title, breaks }: Mutant<Subject>,
  failures: Record<string, string>,
  cases: readonly ContractCase<Subject>[],
): MutantVerdict {
  const caughtBy = cases.map((contractCase) => contractCase.id).filter((caseId) => caseId in failures);
  const missed = breaks.filter((caseId) => !(caseId in failures));
  const problems = missed.map((caseId) => `${id} (${title}) is not caught by ${caseId}`);
  if (caughtBy.length === 0) problems.push(`${id} (${title}) survives`);
  return { id, title, caughtBy, failures, problems };
}

function repeated(things: readonly { readonly id: string }[]): string[] {
  const ids = things.map(({ id }) => id);
  return [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))];
}
