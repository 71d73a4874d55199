import type { StepContext } from "../operator/step-context.ts";
import type { Batch } from "../packet/batch.ts";
import { type Attempt, attemptRecord, type FirstAnswer, type Verdict } from "./attempts.ts";
import type { RunnerScope } from "./runner-scope.ts";

/**
 * Runs a task's operator over the batches of a delivery, record by record in effect: a failing record is handled
 * alone, whatever it emitted is taken back, and the next one goes on. Costs no promise while the user's function
 * returns none.
 */
export class RecordRunner {
  readonly #scope: RunnerScope;
  /** Records of the current batch that the ledger has counted. */
  #counted = 0;
  #first: FirstAnswer | undefined;
  #attempt: Attempt | undefined;

  constructor(scope: RunnerScope) {
    this.#scope = scope;
  }

  /** Why {@link run} stopped before the end of the batch: the first answer of the record at the cursor. */
  get first(): FirstAnswer | undefined {
    return this.#first;
  }

  /** The record that is on its way through its attempts, if one is. */
  get attempt(): Attempt | undefined {
    return this.#attempt;
  }

  /**
   * Processes a batch from the record at `from`. Answers `false` when it has to wait with the record at the cursor:
   * its function returned a promise, or another attempt is due, or it has a time limit.
   *
   * @throws SageError `OPERATOR_FAILED` when a record has failed and the policy is `fail`.
   */
  run(batch: Batch, from: number): boolean {
    const { operator, router, out, cursor, timeoutMs, trace } = this.#scope;
    const end = batch.payloads.length;
    this.#counted = from;
    cursor.batch = batch;
    cursor.index = from;
    this.#first = undefined;
    if (timeoutMs !== undefined && from < end) return false;
    const single = router.selective || batch.headers !== undefined || trace?.spreads === true;
    while (cursor.index < end) {
      const at = cursor.index;
      const to = single ? at + 1 : end;
      try {
        if (single) this.#runOne(batch, at);
        else operator.run(batch, at, to, out, cursor);
      } catch (error) {
        this.settleProgress();
        if (!this.#handle(batch, error)) return false;
        continue;
      }
      if (cursor.index < to) {
        this.settleProgress();
        this.#first = { answer: cursor.answer };
        return false;
      }
    }
    this.settleProgress();
    cursor.ctx.release();
    return true;
  }

  /** Leaves a batch to others from its first record on: {@link run} without running. */
  hold(batch: Batch): void {
    this.#counted = 0;
    this.#scope.cursor.batch = batch;
    this.#first = undefined;
  }

  /** Goes on where {@link run} stopped, one record at a time, to the end of the batch or until the task gives up. */
  async runSerially(batch: Batch): Promise<void> {
    const { operator, router, cursor, gate, out } = this.#scope;
    const end = batch.payloads.length;
    const tight = operator.runAsync !== undefined && !router.selective && batch.headers === undefined;
    do {
      if (tight && this.#first !== undefined && "answer" in this.#first) {
        cursor.answer = this.#first.answer;
        this.#first = undefined;
        try {
          await operator.runAsync?.(batch, end, out, cursor);
          this.settleProgress();
        } catch (error) {
          this.settleProgress();
          if (!cursor.stopped && !this.#handle(batch, error)) await this.#attemptNext(batch);
        }
      } else {
        await this.#attemptNext(batch);
      }
      if (cursor.halted && cursor.index < end) await gate.pass();
    } while (!cursor.stopped && !this.run(batch, cursor.index));
  }

  /** Leaves a batch, all of whose records are counted. */
  leave(): void {
    this.#scope.cursor.index = 0;
    this.#counted = 0;
  }

  /** Counts what has been processed of the current batch: the ledger is right from here on. */
  settleProgress(): void {
    const { cursor, ledger } = this.#scope;
    cursor.ctx.catchUp();
    ledger.processed += cursor.index - this.#counted;
    ledger.filtered += cursor.filtered;
    this.#counted = cursor.index;
    cursor.filtered = 0;
  }

  /** Runs one record by itself, with its headers and routes. */
  #runOne(batch: Batch, index: number): void {
    const { operator, router, out, cursor, trace } = this.#scope;
    const mark = out.length;
    const { filtered, ctx, input } = cursor;
    operator.run(batch, index, index + 1, out, cursor);
    if (cursor.index === index) return;
    const headers = batch.headers?.[index];
    if (headers !== undefined) out.inherit(mark, headers);
    if (router.selective) {
      try {
        router.select(out, mark);
      } catch (error) {
        out.truncate(mark);
        cursor.index = index;
        cursor.filtered = filtered;
        throw error;
      }
    }
    trace?.passed({ batch, index, input, ctx }, mark, out);
  }

  /** Decides over the failure of the record at the cursor; `false` when another attempt is due. */
  #handle(batch: Batch, error: unknown): boolean {
    const { faults, cursor } = this.#scope;
    const { index } = cursor;
    cursor.ctx.discard();
    if (faults.mayRetry) {
      this.#first = { error };
      return false;
    }
    faults.retryAfter(error, 1);
    faults.settle(batch, index, error, 1);
    this.#scope.operator.giveUp?.(batch, index, cursor.ctx);
    cursor.index = index + 1;
    this.#counted = index + 1;
    return true;
  }

  async #attemptNext(batch: Batch): Promise<void> {
    const { cursor, out } = this.#scope;
    const { index, input, ctx } = cursor;
    const progress = { attempt: 1, retryAt: undefined };
    const attempt: Attempt = { batch, index, input, out, progress };
    const first = this.#first;
    this.#first = undefined;
    this.#attempt = attempt;
    const verdict = await attemptRecord(this.#scope, attempt, ctx, first);
    this.#attempt = undefined;
    ctx.release();
    if (verdict === "cancelled" || cursor.stopped) return;
    countVerdict(this.#scope, attempt, ctx, verdict);
    cursor.index = index + 1;
    this.#counted = index + 1;
  }
}

/**
 * Counts a record that has settled.
 *
 * @throws SageError `OPERATOR_FAILED` when it has failed and the policy is `fail`.
 */
export function countVerdict(
  { ledger, faults, operator }: RunnerScope,
  { batch, index }: Pick<Attempt, "batch" | "index">,
  ctx: StepContext,
  verdict: Exclude<Verdict, "cancelled">,
): void {
  if ("error" in verdict) {
    faults.settle(batch, index, verdict.error, verdict.attempt);
    operator.giveUp?.(batch, index, ctx);
    return;
  }
  ledger.processed++;
  if (verdict.filtered) ledger.filtered++;
}
