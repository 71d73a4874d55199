import { describeValue, SageError } from "../errors/sage-error.ts";
import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { emit, FunctionOperator } from "./function-operator.ts";
import type { Cursor } from "./operator.port.ts";

/** One record to any number, each with the key of the record it came from. */
export class FlatMapOperator extends FunctionOperator {
  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    const { call, ctx } = this;
    const { payloads, keys } = batch;
    let i = from;
    try {
      for (; i < to; i++) {
        const key = keys?.[i];
        ctx.key = key;
        const answer = call(payloads[i], ctx);
        if (isPromiseLike(answer) || isAsyncIterable(answer)) {
          cursor.answer = answer;
          return;
        }
        if (this.#emitAll(answer, key, out)) cursor.filtered++;
      }
    } finally {
      cursor.index = i;
    }
  }

  override invoke(record: unknown, key: PartitionKey | undefined): unknown {
    const answer = super.invoke(record, key);
    return isAsyncIterable(answer) ? gather(answer, this.ctx.signal) : answer;
  }

  apply(
    answer: unknown,
    _record: unknown,
    key: PartitionKey | undefined,
    out: RecordBuffer,
  ): MaybePromise<boolean> {
    if (!isAsyncIterable(answer)) return this.#emitAll(answer, key, out);
    return gather(answer, this.ctx.signal).then((records) => this.#emitAll(records, key, out));
  }

  /** Answers `true` when nothing was emitted; a failure on the way takes back what was. */
  #emitAll(answer: unknown, key: PartitionKey | undefined, out: RecordBuffer): boolean {
    if (Array.isArray(answer)) {
      for (let i = 0; i < answer.length; i++) emit(out, answer[i], key);
      return answer.length === 0;
    }
    if (answer === undefined) return true;
    if (typeof answer === "string") {
      emit(out, answer, key);
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
      for (const record of answer as Iterable<unknown>) emit(out, record, key);
    } catch (error) {
      out.truncate(mark);
      throw error;
    }
    return out.length === mark;
  }
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
