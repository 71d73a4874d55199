/** One problem found while a pipeline was compiled. */
export interface BuildProblem {
  /** Id of the step concerned, or the environment's name. */
  readonly node: string;
  /** Short machine-readable reason, such as `DUPLICATE_NAME`. */
  readonly reason: string;
  /** What is wrong, in a sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Problems as an indented list. */
export const listProblems = (problems: readonly BuildProblem[]): string =>
  problems.map((p) => `\n  - ${p.node}: ${p.message} ${p.remedy} [${p.reason}]`).join("");
