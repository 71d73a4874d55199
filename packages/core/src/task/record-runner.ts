import { Cursor } from "../operator/operator.port.ts";
import type { Batch } from "../packet/batch.ts";
import { runAsynchronously } from "./async-records.ts";
import type { RunnerScope } from "./runner-scope.ts";

/**
 * Runs a task's operator over the batches of a delivery, record by record in effect: a failing record is handled
 * alone, whatever it emitted is taken back, and the next one goes on. Costs no promise while the user's function
 * returns none.
 */
export class RecordRunner {
  readonly #scope: RunnerScope;
  readonly #cursor = new Cursor();

  constructor(scope: RunnerScope) {
    this.#scope = scope;
  }

  /** Processes the batches in order; answers a promise only when the user's function returned one. */
  process(batches: readonly Batch[]): Promise<void> | undefined {
    for (let b = 0; b < batches.length; b++) {
      const batch = batches[b] as Batch;
      const next = this.#runBatch(batch);
      this.#settleFiltered();
      if (next < batch.payloads.length) {
        return runAsynchronously(this.#scope, { batches, batch: b, index: next, first: this.#cursor.answer });
      }
    }
    return undefined;
  }

  /** Answers the index of the first record whose function returned a promise, or the batch's length. */
  #runBatch(batch: Batch): number {
    const { operator, router, out, ledger, faults } = this.#scope;
    const cursor = this.#cursor;
    const end = batch.payloads.length;
    let next = 0;
    while (next < end) {
      const to = router.selective ? next + 1 : end;
      const mark = router.selective ? out.length : -1;
      try {
        operator.run(batch, next, to, out, cursor);
        if (mark >= 0 && cursor.index === to) this.#select(mark, next);
      } catch (error) {
        ledger.processed += cursor.index - next;
        faults.handle(batch, cursor.index, error);
        next = cursor.index + 1;
        continue;
      }
      ledger.processed += cursor.index - next;
      next = cursor.index;
      if (next < to) return next;
    }
    return end;
  }

  #settleFiltered(): void {
    this.#scope.ledger.filtered += this.#cursor.filtered;
    this.#cursor.filtered = 0;
  }

  /** Routes what one record emitted; when that fails, the record has failed and emitted nothing. */
  #select(mark: number, index: number): void {
    const { router, out, operator } = this.#scope;
    try {
      router.select(out, mark);
    } catch (error) {
      out.truncate(mark);
      operator.undo();
      this.#cursor.index = index;
      throw error;
    }
  }
}
