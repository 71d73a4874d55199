import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Cursor } from "./operator.port.ts";
import type { StepCall } from "./step-code.ts";
import type { StepContext } from "./step-context.ts";

/**
 * The inner loop of an operator: see `Operator.run`. Loops are copied per step (see `ownCopy`), so they use nothing
 * but their parameters. That is why the test for a thenable is written out in each.
 */
export type Loop = (
  call: StepCall,
  ctx: StepContext,
  batch: Batch,
  from: number,
  to: number,
  out: RecordBuffer,
  cursor: Cursor,
  check?: (answer: unknown) => unknown,
) => void;

/** One record to at most one; `undefined` drops it. */
export const mapLoop: Loop = (call, ctx, batch, from, to, out, cursor) => {
  const { payloads, keys } = batch;
  const keyed = keys !== undefined;
  const base = out.reserve(to - from, keyed);
  const results = out.payloads;
  const outKeys = out.keys as PartitionKey[];
  let next = base;
  let i = from;
  try {
    for (; i < to; i++) {
      cursor.index = i;
      if (keyed) ctx.key = keys[i];
      const result = call(payloads[i], ctx);
      if (result === undefined) continue;
      if (
        typeof result === "object" &&
        result !== null &&
        typeof (result as PromiseLike<unknown>).then === "function"
      ) {
        cursor.answer = result;
        return;
      }
      results[next] = result;
      if (keyed) outKeys[next] = keys[i] as PartitionKey;
      next++;
    }
  } finally {
    out.truncate(next);
    cursor.index = i;
    cursor.filtered += i - from - (next - base);
  }
};

/** Keeps the records for which the answer is `true`; `check` throws for what is neither a boolean nor a promise. */
export const filterLoop: Loop = (call, ctx, batch, from, to, out, cursor, check) => {
  const { payloads, keys } = batch;
  const keyed = keys !== undefined;
  const base = out.reserve(to - from, keyed);
  const results = out.payloads;
  const outKeys = out.keys as PartitionKey[];
  let next = base;
  let i = from;
  try {
    for (; i < to; i++) {
      cursor.index = i;
      const record = payloads[i];
      if (keyed) ctx.key = keys[i];
      const kept = call(record, ctx);
      if (kept === true) {
        results[next] = record;
        if (keyed) outKeys[next] = keys[i] as PartitionKey;
        next++;
      } else if (kept !== false) {
        check?.(kept);
        cursor.answer = kept;
        return;
      }
    }
  } finally {
    out.truncate(next);
    cursor.index = i;
    cursor.filtered += i - from - (next - base);
  }
};

/** Gives each record the key that the function answers; `check` throws for what is no key. */
export const keyByLoop: Loop = (call, ctx, batch, from, to, out, cursor, check) => {
  const { payloads, keys: oldKeys } = batch;
  const base = out.reserve(to - from, true);
  const results = out.payloads;
  const keys = out.keys as PartitionKey[];
  let next = base;
  let i = from;
  try {
    for (; i < to; i++) {
      cursor.index = i;
      const record = payloads[i];
      if (oldKeys !== undefined) ctx.key = oldKeys[i];
      const key = call(record, ctx);
      if (
        typeof key === "object" &&
        key !== null &&
        typeof (key as PromiseLike<unknown>).then === "function"
      ) {
        cursor.answer = key;
        return;
      }
      // The test for a finite number is written out: there is nothing to call in here.
      if (typeof key !== "string" && (typeof key !== "number" || key - key !== 0)) check?.(key);
      keys[next] = key as PartitionKey;
      results[next] = record;
      next++;
    }
  } finally {
    out.truncate(next);
    cursor.index = i;
  }
};

/** Hands each record over; emits nothing. */
export const sinkLoop: Loop = (call, ctx, batch, from, to, _out, cursor) => {
  const { payloads, keys } = batch;
  let i = from;
  try {
    for (; i < to; i++) {
      cursor.index = i;
      if (keys !== undefined) ctx.key = keys[i];
      const answer = call(payloads[i], ctx);
      if (
        typeof answer === "object" &&
        answer !== null &&
        typeof (answer as PromiseLike<unknown>).then === "function"
      ) {
        cursor.answer = answer;
        return;
      }
    }
  } finally {
    cursor.index = i;
  }
};
