import { isPromiseLike } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { RunnerScope } from "./runner-scope.ts";

/** How an asynchronous record ended. */
export type Settled = { readonly value: unknown } | { readonly error: unknown };

/** Calls the user's function for one record and waits for its answer. Never rejects. */
export async function invokeRecord({ operator }: RunnerScope, batch: Batch, index: number): Promise<Settled> {
  try {
    return await settleAnswer(operator.invoke(batch.payloads[index], batch.keys?.[index]));
  } catch (error) {
    return { error };
  }
}

/** Waits for an answer that was given already. Never rejects. */
export async function settleAnswer(answer: unknown): Promise<Settled> {
  try {
    return { value: isPromiseLike(answer) ? await answer : answer };
  } catch (error) {
    return { error };
  }
}

/**
 * Turns one settled record into outputs and counts, or hands its error to the policy.
 *
 * @throws SageError `OPERATOR_FAILED` when the policy is `fail`; a returned promise rejects likewise.
 */
export function applyRecord(
  scope: RunnerScope,
  batch: Batch,
  index: number,
  settled: Settled,
): Promise<void> | undefined {
  const { operator, out, faults } = scope;
  if ("error" in settled) {
    faults.handle(batch, index, settled.error);
    return undefined;
  }
  const mark = out.length;
  try {
    const filtered = operator.apply(settled.value, batch.payloads[index], batch.keys?.[index], out);
    if (!isPromiseLike(filtered)) {
      accept(scope, filtered, mark);
      return undefined;
    }
    return Promise.resolve(filtered)
      .then((late) => accept(scope, late as boolean, mark))
      .catch((error) => reject(scope, batch, index, mark, error));
  } catch (error) {
    reject(scope, batch, index, mark, error);
    return undefined;
  }
}

function accept({ operator, router, out, ledger }: RunnerScope, filtered: boolean, mark: number): void {
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

function reject(
  { out, faults }: RunnerScope,
  batch: Batch,
  index: number,
  mark: number,
  error: unknown,
): void {
  out.truncate(mark);
  faults.handle(batch, index, error);
}
