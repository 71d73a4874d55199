/** One promise of a port, as a value that any test runner can run. */
export interface ContractCase<Subject> {
  /** Stable id, such as `Q-03`. */
  readonly id: string;
  /** The promise, as a sentence in the present tense. */
  readonly title: string;
  /** Capabilities without which the promise means nothing. */
  readonly needs?: readonly string[];
  /** Keeps silent when the subject keeps the promise; throws an `AssertionError` when it does not. */
  run(subject: Subject): Promise<void>;
}

/** All promises of one port. */
export interface Contract<Subject> {
  /** Name of the port. */
  readonly name: string;
  readonly cases: readonly ContractCase<Subject>[];
}

/** How an implementation presents itself to a contract. */
export interface ContractBinding<Subject> {
  /** Makes a fresh subject for one case; the case's id and a run id go into every name. */
  open(names: { readonly caseId: string; readonly runId: string }): Subject | Promise<Subject>;
  /** Releases the subject. */
  close?(subject: Subject): void | Promise<void>;
  /** Capabilities that the implementation has. */
  readonly capabilities?: readonly string[];
}

/** Runs one case against a fresh subject. */
export async function runCase<Subject>(
  contractCase: ContractCase<Subject>,
  binding: ContractBinding<Subject>,
  runId: string,
): Promise<void> {
  const subject = await binding.open({ caseId: contractCase.id, runId });
  try {
    await contractCase.run(subject);
  } finally {
    await binding.close?.(subject);
  }
}

/** The capabilities that a case needs and an implementation lacks. */
export function missingCapabilities<Subject>(
  contractCase: ContractCase<Subject>,
  binding: ContractBinding<Subject>,
): readonly string[] {
  const has = new Set(binding.capabilities);
  return (contractCase.needs ?? []).filter((need) => !has.has(need));
}
