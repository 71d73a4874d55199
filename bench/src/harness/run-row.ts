import type { Measurement } from "./bench-case.ts";
import { forkCase } from "./fork-case.ts";
import type { Contender, Row } from "./row.ts";

/** What one contender did in every round of a row. */
export interface ContenderResult {
  readonly name: string;
  readonly size: number;
  /** One per round, in order; fewer if it failed. */
  readonly measurements: readonly Measurement[];
  /** Why it failed; it runs no further round after that. */
  readonly error?: string;
}

/**
 * Runs every contender once per round, one process at a time. Each round starts with the next contender, so that
 * none always follows the same neighbour.
 */
export async function runRow(row: Row, rounds: number): Promise<readonly ContenderResult[]> {
  const runs = row.contenders.map((contender) => new ContenderRun(contender));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < runs.length; turn++) {
      await runs[(round + turn) % runs.length]?.next();
    }
  }
  return runs.map((run) => run.result());
}

class ContenderRun {
  readonly #contender: Contender;
  readonly #measurements: Measurement[] = [];
  #error: string | undefined;

  constructor(contender: Contender) {
    this.#contender = contender;
  }

  async next(): Promise<void> {
    if (this.#error !== undefined) return;
    try {
      this.#measurements.push(await forkCase(this.#contender));
    } catch (error) {
      this.#error = error instanceof Error ? error.message : String(error);
    }
  }

  result(): ContenderResult {
    const { name, size } = this.#contender;
    const result = { name, size, measurements: this.#measurements };
    return this.#error === undefined ? result : { ...result, error: this.#error };
  }
}
