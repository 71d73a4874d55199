import type { MaybePromise } from "@sage-kernel/core/spi";

/** One promise of a port, as a value that any test runner can run. */
export interface ContractCase<Subject> {
  /** Stable id, such as `Q-03`. */
  readonly id: string;
  /** The promise, as a sentence in the present tense. */
  readonly title: string;
  /** Capabilities without which the promise means nothing. */
  readonly needs?: readonly string[];
  /** Capabilities with which it means nothing: it says what holds where they are off. */
  readonly unless?: readonly string[];
  /**
   * Keeps silent when the subject keeps the promise; throws an `AssertionError` when it does not. It never sleeps,
   * and every loop in it is bounded, so that a wrong subject makes it fail or wait, but not spin.
   */
  run(subject: Subject): Promise<void>;
}

/** All promises of one port. */
export interface Contract<Subject> {
  /** Name of the port. */
  readonly name: string;
  /** The promises; their ids differ. */
  readonly cases: readonly ContractCase<Subject>[];
}

/** What goes into every name that a case uses, so that a search for it finds that case alone. */
export interface CaseNames {
  /** The case's id. */
  readonly caseId: string;
  /** Differs in every run. */
  readonly runId: string;
}

/** Where a contract gets its subjects from. */
export interface SubjectSource<Subject> {
  /** Makes a fresh subject for one case; the case's id and the run id go into every name. */
  open(names: CaseNames): MaybePromise<Subject>;
  /** Releases the subject. */
  close?(subject: Subject): MaybePromise<void>;
  /** Capabilities that the implementation has. */
  readonly capabilities?: readonly string[];
}

/** How an implementation presents itself to a contract. */
export interface ContractBinding<Subject> extends SubjectSource<Subject> {
  /** Why it lacks a capability; a skipped case says so. */
  readonly lacks?: Readonly<Record<string, string>>;
  /**
   * Known deviations: the reason by the case's id. Such a case is expected to fail; the run fails when it passes, or
   * when there is no such case to run.
   */
  readonly deviations?: Readonly<Record<string, string>>;
  /**
   * How many turns of the event loop a case may take. Only for implementations that wait for nothing outside of it:
   * then what has not settled after so many turns never will. Without it the test runner's timeout is the bound.
   */
  readonly turns?: number;
}

/** Why a case says nothing about an implementation, or `undefined` when it applies. */
export function whyNotApplicable<Subject>(
  { needs = [], unless = [] }: ContractCase<Subject>,
  { capabilities, lacks = {} }: Pick<ContractBinding<Subject>, "capabilities" | "lacks">,
): string | undefined {
  const has = new Set(capabilities);
  const missing = needs.filter((need) => !has.has(need));
  if (missing.length > 0)
    return `needs ${missing.map((need) => (need in lacks ? `${need}: ${lacks[need]}` : need)).join(", ")}`;
  const present = unless.filter((capability) => has.has(capability));
  return present.length > 0 ? `only without ${present.join(", ")}` : undefined;
}
