import { isPromiseLike } from "../host/maybe-promise.ts";
import { Cursor, type Operator } from "../operator/operator.port.ts";
import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Router } from "../routing/router.ts";
import type { TaskLedger } from "../state/ledger.ts";
import type { FaultPolicy } from "./fault-policy.ts";

/** What a runner works with. */
export interface RunnerScope {
  readonly operator: Operator;
  readonly router: Router;
  readonly out: RecordBuffer;
  readonly ledger: TaskLedger;
  readonly faults: FaultPolicy;
  /** Most records of an asynchronous function in flight. */
  readonly concurrency: number;
  /** Aborted when the task gives up: no further record is started then. */
  readonly signal: AbortSignal;
}

/** How one record of a concurrent step ended. */
type Settled = { readonly value: unknown } | { readonly error: unknown };

/**
 * Runs a task's operator over a batch, record by record in effect: a failing record is handled alone, whatever it
 * emitted is taken back, and the next one goes on. Costs no promise while the user's function returns none.
 */
export class RecordRunner {
  readonly #scope: RunnerScope;
  readonly #cursor = new Cursor();

  constructor(scope: RunnerScope) {
    this.#scope = scope;
  }

  /** Processes the batch from `from` on; answers a promise only when the user's function returned one. */
  process(batch: Batch, from = 0): Promise<void> | undefined {
    const { operator, router, out, ledger, faults } = this.#scope;
    const cursor = this.#cursor;
    const end = batch.payloads.length;
    let next = from;
    while (next < end) {
      const to = router.selective ? next + 1 : end;
      const mark = router.selective ? out.length : -1;
      try {
        operator.run(batch, next, to, out, cursor);
        if (mark >= 0 && cursor.index === to) this.#select(mark, cursor, next);
      } catch (error) {
        ledger.processed += cursor.index - next;
        faults.handle(batch, cursor.index, error);
        next = cursor.index + 1;
        continue;
      }
      ledger.processed += cursor.index - next;
      next = cursor.index;
      if (next < to) {
        this.#settleFiltered();
        return this.#processAsync(batch, next, cursor.answer);
      }
    }
    this.#settleFiltered();
    return undefined;
  }

  #settleFiltered(): void {
    this.#scope.ledger.filtered += this.#cursor.filtered;
    this.#cursor.filtered = 0;
  }

  /** Routes what one record emitted; when that fails, the record has failed and emitted nothing. */
  #select(mark: number, cursor: Cursor, index: number): void {
    const { router, out, operator } = this.#scope;
    try {
      router.select(out, mark);
    } catch (error) {
      out.truncate(mark);
      operator.undo();
      cursor.index = index;
      throw error;
    }
  }

  async #processAsync(batch: Batch, from: number, first: unknown): Promise<void> {
    const { operator, concurrency, signal } = this.#scope;
    const end = batch.payloads.length;
    const lanes = batch.keys === undefined ? Math.min(concurrency, end - from) : 1;
    if (lanes > 1) return this.#processConcurrently(batch, from, first, lanes);
    let answer = first;
    for (let i = from; i < end && !signal.aborted; i++) {
      let settled: Settled;
      try {
        const given = i === from ? answer : operator.invoke(batch.payloads[i], batch.keys?.[i]);
        answer = isPromiseLike(given) ? await given : given;
        settled = { value: answer };
      } catch (error) {
        settled = { error };
      }
      const applied = this.#apply(batch, i, settled);
      if (applied !== undefined) await applied;
    }
  }

  async #processConcurrently(batch: Batch, from: number, first: unknown, lanes: number): Promise<void> {
    const { operator, signal } = this.#scope;
    const end = batch.payloads.length;
    const results = new Array<Settled>(end);
    let next = from;
    const lane = async (): Promise<void> => {
      while (next < end && !signal.aborted) {
        const i = next++;
        try {
          const given = i === from ? first : operator.invoke(batch.payloads[i], undefined);
          results[i] = { value: isPromiseLike(given) ? await given : given };
        } catch (error) {
          results[i] = { error };
        }
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    for (let i = from; i < end && !signal.aborted; i++) {
      const applied = this.#apply(batch, i, results[i] as Settled);
      if (applied !== undefined) await applied;
    }
  }

  /** Turns one settled record into outputs and counts, or hands its error to the policy. */
  #apply(batch: Batch, index: number, settled: Settled): PromiseLike<void> | undefined {
    const { operator, out, faults } = this.#scope;
    if ("error" in settled) {
      faults.handle(batch, index, settled.error);
      return undefined;
    }
    const mark = out.length;
    try {
      const filtered = operator.apply(settled.value, batch.payloads[index], batch.keys?.[index], out);
      if (!isPromiseLike(filtered)) {
        this.#accept(filtered, mark);
        return undefined;
      }
      return Promise.resolve(filtered)
        .then((late) => this.#accept(late as boolean, mark))
        .catch((error) => this.#reject(batch, index, mark, error));
    } catch (error) {
      this.#reject(batch, index, mark, error);
      return undefined;
    }
  }

  #reject(batch: Batch, index: number, mark: number, error: unknown): void {
    this.#scope.out.truncate(mark);
    this.#scope.faults.handle(batch, index, error);
  }

  #accept(filtered: boolean, mark: number): void {
    const { operator, router, out, ledger } = this.#scope;
    if (router.selective) {
      try {
        router.select(out, mark);
      } catch (error) {
        operator.undo();
        throw error;
      }
    }
    ledger.processed++;
    if (filtered) ledger.filtered++;
  }
}
