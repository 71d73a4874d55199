import { isPromiseLike } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Cursor, OpenRecord, Operator } from "./operator.port.ts";
import type { StepContext } from "./step-context.ts";

/** The record at a place of a batch, on its own. Sets the key of its context. */
export function openRecord(batch: Batch, index: number, input: number, ctx: StepContext): OpenRecord {
  const key = batch.keys?.[index];
  ctx.key = key;
  return { payload: batch.payloads[index], key, headers: batch.headers?.[index], input, ctx };
}

/** `Operator.run` for operators that need no loop of their own: `invoke` and `apply` for each record. */
export function runEach(
  operator: Pick<Operator, "invoke" | "apply">,
  batch: Batch,
  from: number,
  to: number,
  out: RecordBuffer,
  cursor: Cursor,
): void {
  let i = from;
  try {
    for (; i < to; i++) {
      cursor.index = i;
      const record = openRecord(batch, i, cursor.input, cursor.ctx);
      const answer = operator.invoke(record);
      if (isPromiseLike(answer)) {
        cursor.answer = answer;
        return;
      }
      if (operator.apply(answer, record, out)) cursor.filtered++;
    }
  } finally {
    cursor.index = i;
  }
}
