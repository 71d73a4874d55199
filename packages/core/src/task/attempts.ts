import { SageError } from "../errors/sage-error.ts";
import type { Timer } from "../host/clock.port.ts";
import { isPromiseLike } from "../host/maybe-promise.ts";
import type { OpenRecord } from "../operator/operator.port.ts";
import { openRecord } from "../operator/run-each.ts";
import type { StepContext } from "../operator/step-context.ts";
import { type Batch, positionOf } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { RunnerScope } from "./runner-scope.ts";

/** A record on its way through its attempts. */
export interface Attempt {
  readonly batch: Batch;
  readonly index: number;
  /** Which input it came by. */
  readonly input: number;
  /** Where its outputs go. */
  readonly out: RecordBuffer;
  /** What it waits for, for reports: its attempt number, and when the next one starts, if that is it. */
  progress: { readonly attempt: number; readonly retryAt: number | undefined };
}

/** What the first attempt came to before anybody had to wait: a promise, or an error. */
export type FirstAnswer = { readonly answer: unknown } | { readonly error: unknown };

/** How a record ended. */
export type Verdict =
  | { readonly filtered: boolean }
  | { readonly error: unknown; readonly attempt: number }
  | "cancelled";

/**
 * Makes attempts at one record until one succeeds or the policy allows no other. A successful attempt's outputs are in
 * `attempt.out`; those of a failed one are taken back. Never rejects.
 */
export async function attemptRecord(
  scope: RunnerScope,
  record: Attempt,
  ctx: StepContext,
  first: FirstAnswer | undefined,
): Promise<Verdict> {
  const { faults, clock, gate, signal } = scope;
  for (let attempt = 1; ; attempt++) {
    record.progress = { attempt, retryAt: undefined };
    const settled = await settleOnce(scope, record, ctx, attempt === 1 ? first : undefined);
    if (signal.aborted) return "cancelled";
    if (!("error" in settled)) return settled;
    ctx.discard();
    const delayMs = faults.retryAfter(settled.error, attempt);
    if (delayMs === undefined) return { error: settled.error, attempt };
    record.progress = { attempt: attempt + 1, retryAt: clock.monotonic() + delayMs };
    if (delayMs > 0) await gate.stand(clock.sleep(delayMs, ctx.signal).catch(() => undefined));
    if (gate.paused) await gate.pass();
    if (signal.aborted) return "cancelled";
  }
}

async function settleOnce(
  scope: RunnerScope,
  { batch, index, input, out }: Attempt,
  ctx: StepContext,
  first: FirstAnswer | undefined,
): Promise<{ readonly filtered: boolean } | { readonly error: unknown }> {
  try {
    if (first !== undefined && "error" in first) return first;
    if (first !== undefined) {
      const value = await first.answer;
      return {
        filtered: applyRecord(scope, openRecord(batch, index, input, ctx), value, { batch, index, out }),
      };
    }
    if (scope.timeoutMs !== undefined) return await settleInTime(scope, { batch, index, input, out }, ctx);
    const record = openRecord(batch, index, input, ctx);
    const answer = scope.operator.invoke(record);
    const value = isPromiseLike(answer) ? await answer : answer;
    return { filtered: applyRecord(scope, record, value, { batch, index, out }) };
  } catch (error) {
    return { error };
  }
}

/** One attempt with a signal of its own, which fires when its time is up or when the task gives up. */
async function settleInTime(
  scope: RunnerScope,
  { batch, index, input, out }: Omit<Attempt, "progress">,
  ctx: StepContext,
): Promise<{ readonly filtered: boolean }> {
  const { operator, signals } = scope;
  const abort = signals.open();
  ctx.catchUp();
  const own = ctx.fork({ batch, index }, undefined, abort.signal); // an attempt that is late changes nothing
  const record = openRecord(batch, index, input, own);
  const apply = (answer: unknown): { readonly filtered: boolean } => {
    const filtered = applyRecord(scope, record, answer, { batch, index, out });
    ctx.adopt(own);
    return { filtered };
  };
  let timer: Timer | undefined;
  try {
    const answer = operator.invoke(record);
    if (!isPromiseLike(answer)) return apply(answer);
    const { result } = await new Promise<{ readonly result: unknown }>((resolve, reject) => {
      abort.signal.addEventListener("abort", () => reject(abort.signal.reason), { once: true });
      timer = setTimeLimit(scope, positionOf(batch, index), (error) => abort.abort(error));
      answer.then((late) => resolve({ result: late }), reject);
    });
    return apply(result);
  } finally {
    timer?.clear();
    signals.close(abort);
  }
}

function setTimeLimit(
  { node, clock, timeoutMs = 0 }: RunnerScope,
  position: string,
  onTimeout: (error: SageError) => void,
): Timer {
  return clock.setTimer(timeoutMs, () => {
    onTimeout(new SageError("RECORD_TIMEOUT", { node, position, timeoutMs }));
  });
}

/**
 * Turns a settled answer into outputs: all of them, or none when it throws. Answers `true` when the record was
 * filtered out.
 *
 * @throws what the operator or the router makes of the answer.
 */
export function applyRecord(
  { operator, router, trace }: RunnerScope,
  record: OpenRecord,
  answer: unknown,
  { batch, index, out }: Pick<Attempt, "batch" | "index" | "out">,
): boolean {
  const mark = out.length;
  const filtered = operator.apply(answer, record, out);
  if (record.headers !== undefined) out.inherit(mark, record.headers);
  if (router.selective) {
    try {
      router.select(out, mark);
    } catch (error) {
      out.truncate(mark);
      throw error;
    }
  }
  const { input, ctx } = record;
  trace?.passed({ batch, index, input, ctx }, mark, out);
  return filtered;
}
