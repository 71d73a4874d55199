import type { Steps } from "./steps.ts";
import type { Workload } from "./workload.ts";

/** What reached the sink. */
export class Tally {
  #count = 0;
  #sum = 0;

  /** Counts one record. */
  add(amount: number): void {
    this.#count++;
    this.#sum += amount;
  }

  /** Throws unless the other tally has the same count and sum. */
  mustEqual(expected: Tally): void {
    if (this.#count === expected.#count && this.#sum === expected.#sum) return;
    const [is, should] = [this, expected].map(
      (tally) => `${tally.#count} records with the sum ${tally.#sum}`,
    );
    throw new Error(`wrong result: ${is} reached the sink, not ${should}`);
  }
}

/** The workload's functions with a sink that fills the tally. */
export function stepsInto<R>(workload: Workload<R>, tally: Tally): Steps<R> {
  const { first, keep, second, amount } = workload;
  return { first, keep, second, sink: (record) => tally.add(amount(record)) };
}

/** What must reach the sink, worked out without any pipeline. */
export function expectedTally<R>(workload: Workload<R>, records: Iterable<R>): Tally {
  const tally = new Tally();
  for (const record of records) {
    const changed = workload.first(record);
    if (workload.keep(changed)) tally.add(workload.amount(workload.second(changed)));
  }
  return tally;
}
