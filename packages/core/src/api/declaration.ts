import type { Transformation } from "../graph/transformation.ts";

/** The steps that one environment has declared, in order. */
export class Declaration {
  readonly #steps: Transformation[] = [];

  /** The steps so far. */
  get steps(): readonly Transformation[] {
    return this.#steps;
  }

  /** Adds a step in the next place. */
  add(step: Omit<Transformation, "environment" | "ordinal">): Transformation {
    const added: Transformation = { ...step, environment: this, ordinal: this.#steps.length + 1 };
    this.#steps.push(added);
    return added;
  }
}
