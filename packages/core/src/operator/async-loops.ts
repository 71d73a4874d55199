import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Cursor } from "./operator.port.ts";
import type { StepCall } from "./step-code.ts";
import type { StepContext } from "./step-context.ts";

/**
 * The inner loop of an operator whose function answers promises, one record at a time: see `Operator.runAsync`. Copied
 * per step like the loops that wait for nothing, so it uses nothing but its parameters.
 */
export type AsyncLoop = (
  call: StepCall,
  ctx: StepContext,
  batch: Batch,
  to: number,
  out: RecordBuffer,
  cursor: Cursor,
  check?: (answer: unknown) => unknown,
) => Promise<void>;

/** One record to at most one; `undefined` drops it. */
export const mapAsyncLoop: AsyncLoop = async (call, ctx, batch, to, out, cursor) => {
  const { payloads, keys } = batch;
  let answer = cursor.answer;
  for (let i = cursor.index; ; ) {
    const result = await answer;
    if (ctx.used) ctx.release();
    if (cursor.stopped) return;
    if (result === undefined) cursor.filtered++;
    else {
      out.payloads.push(result);
      if (keys !== undefined) {
        if (out.keys === undefined) out.keys = [];
        out.keys.push(keys[i] as PartitionKey);
      }
    }
    cursor.index = ++i;
    if (i >= to || cursor.halted) return;
    if (keys !== undefined) ctx.key = keys[i];
    answer = call(payloads[i], ctx);
  }
};

/** Keeps the records for which the answer is `true`; `check` throws for what is no boolean. */
export const filterAsyncLoop: AsyncLoop = async (call, ctx, batch, to, out, cursor, check) => {
  const { payloads, keys } = batch;
  let answer = cursor.answer;
  for (let i = cursor.index; ; ) {
    const kept = await answer;
    if (ctx.used) ctx.release();
    if (cursor.stopped) return;
    if (kept === true) {
      out.payloads.push(payloads[i]);
      if (keys !== undefined) {
        if (out.keys === undefined) out.keys = [];
        out.keys.push(keys[i] as PartitionKey);
      }
    } else {
      if (kept !== false) check?.(kept);
      cursor.filtered++;
    }
    cursor.index = ++i;
    if (i >= to || cursor.halted) return;
    if (keys !== undefined) ctx.key = keys[i];
    answer = call(payloads[i], ctx);
  }
};

/** Gives each record the key that the function answers; `check` throws for what is no key. */
export const keyByAsyncLoop: AsyncLoop = async (call, ctx, batch, to, out, cursor, check) => {
  const { payloads, keys: oldKeys } = batch;
  let answer = cursor.answer;
  for (let i = cursor.index; ; ) {
    const key = await answer;
    if (ctx.used) ctx.release();
    if (cursor.stopped) return;
    if (typeof key !== "string" && (typeof key !== "number" || key - key !== 0)) check?.(key);
    if (out.keys === undefined) out.keys = [];
    out.keys.push(key as PartitionKey);
    out.payloads.push(payloads[i]);
    cursor.index = ++i;
    if (i >= to || cursor.halted) return;
    if (oldKeys !== undefined) ctx.key = oldKeys[i];
    answer = call(payloads[i], ctx);
  }
};

/** Hands each record over; emits nothing. */
export const sinkAsyncLoop: AsyncLoop = async (call, ctx, batch, to, _out, cursor) => {
  const { payloads, keys } = batch;
  let answer = cursor.answer;
  for (let i = cursor.index; ; ) {
    await answer;
    if (ctx.used) ctx.release();
    if (cursor.stopped) return;
    cursor.index = ++i;
    if (i >= to || cursor.halted) return;
    if (keys !== undefined) ctx.key = keys[i];
    answer = call(payloads[i], ctx);
  }
};
