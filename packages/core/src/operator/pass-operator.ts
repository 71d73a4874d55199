import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { emit } from "./function-operator.ts";
import type { Cursor, Operator } from "./operator.port.ts";

/** Emits what it receives: the operator of a source, whose reader has done the work. */
export class PassOperator implements Operator {
  open(): void {}

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    if (out.length === 0 && to - from > 1 && to - from === batch.payloads.length) {
      out.payloads = batch.payloads as unknown[]; // the reader gave the array away; a single record may still be taken back
    } else {
      for (let i = from; i < to; i++) out.payloads.push(batch.payloads[i]);
    }
    cursor.index = to;
  }

  invoke(record: unknown): unknown {
    return record;
  }

  apply(answer: unknown, _record: unknown, key: PartitionKey | undefined, out: RecordBuffer): boolean {
    emit(out, answer, key);
    return false;
  }

  undo(): void {}

  finish(): boolean {
    return true;
  }

  close(): void {}
}
