import { describeValue, SageError } from "../errors/sage-error.ts";
import { isPromiseLike } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { Cursor, OpenRecord } from "./operator.port.ts";

/** One record to any number, each with the key of the record it came from. */
export class FlatMapOperator extends FunctionOperator {
  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    const { call } = this;
    const { ctx } = cursor;
    const { payloads, keys } = batch;
    let i = from;
    try {
      for (; i < to; i++) {
        cursor.index = i;
        const key = keys?.[i];
        ctx.key = key;
        const answer = gathered(call(payloads[i], ctx), ctx.signal);
        if (isPromiseLike(answer)) {
          cursor.answer = answer;
          return;
        }
        if (this.#emitAll(answer, key, out)) cursor.filtered++;
      }
    } finally {
      cursor.index = i;
    }
  }

  override invoke(record: OpenRecord): unknown {
    return gathered(super.invoke(record), record.ctx.signal);
  }

  apply(answer: unknown, { key }: OpenRecord, out: RecordBuffer): boolean {
    return this.#emitAll(answer, key, out);
  }

  /** Answers `true` when nothing was emitted; a failure on the way takes back what was. */
  #emitAll(answer: unknown, key: PartitionKey | undefined, out: RecordBuffer): boolean {
    if (Array.isArray(answer)) {
      for (let i = 0; i < answer.length; i++) out.append(answer[i], key, undefined);
      return answer.length === 0;
    }
    if (answer === undefined) return true;
    if (typeof answer === "string") {
      out.append(answer, key, undefined);
      return false;
    }
    if (typeof answer !== "object" || answer === null || !(Symbol.iterator in answer)) {
      throw new SageError("INVALID_RESULT", {
        step: this.ctx.step,
        expected: "an iterable of records, a string or undefined",
        got: describeValue(answer),
      });
    }
    const mark = out.length;
    try {
      for (const record of answer as Iterable<unknown>) out.append(record, key, undefined);
    } catch (error) {
      out.truncate(mark);
      throw error;
    }
    return out.length === mark;
  }
}

/** A promise of the records of an async iterable, also of one that was promised; anything else as it is. */
function gathered(answer: unknown, signal: AbortSignal): unknown {
  if (isAsyncIterable(answer)) return gather(answer, signal);
  if (!isPromiseLike(answer)) return answer;
  return answer.then((late) => (isAsyncIterable(late) ? gather(late, signal) : late));
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

async function gather(source: AsyncIterable<unknown>, signal: AbortSignal): Promise<unknown[]> {
  const records: unknown[] = [];
  for await (const record of source) {
    signal.throwIfAborted();
    records.push(record);
  }
  return records;
}
