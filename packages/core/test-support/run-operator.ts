import { Cursor, type Operator } from "../src/operator/operator.port.ts";
import { openRecord } from "../src/operator/run-each.ts";
import { Batch } from "../src/packet/batch.ts";
import type { Headers } from "../src/packet/packet.ts";
import type { PartitionKey } from "../src/packet/partition-key.ts";
import { RecordBuffer } from "../src/packet/record-buffer.ts";
import { createContext } from "./step-context.ts";

/** One record as a test hands it to an operator. */
export interface Row {
  readonly payload: unknown;
  readonly key?: PartitionKey;
  readonly headers?: Headers;
  readonly input?: number;
}

/** A batch of one record. */
export const batchOf = ({ payload, key, headers }: Row): Batch =>
  new Batch(0, 0, [payload], key === undefined ? undefined : [key], headers && [headers]);

/** Calls the operator for one record and applies the answer; what the record changes counts once it is done. */
export async function runOne(operator: Operator, row: Row, out: RecordBuffer, ctx = createContext()) {
  const record = openRecord(batchOf(row), 0, row.input ?? 0, ctx);
  const filtered = operator.apply(await operator.invoke(record), record, out);
  ctx.cells.accept();
  return filtered;
}

/** Runs the records one after the other in the operator's own loop; behind a promise, by applying its answer. */
export async function runRows(operator: Operator, rows: readonly Row[], ctx = createContext()) {
  const out = new RecordBuffer();
  const cursor = new Cursor(ctx);
  for (const row of rows) {
    const batch = batchOf(row);
    cursor.input = row.input ?? 0;
    operator.run(batch, 0, 1, out, cursor);
    if (cursor.index === 0) {
      const record = openRecord(batch, 0, cursor.input, cursor.ctx);
      if (operator.apply(await cursor.answer, record, out)) cursor.filtered++;
      cursor.index = 1;
    }
    cursor.ctx.catchUp();
  }
  return { out, filtered: cursor.filtered };
}

/** Everything that an operator emits at its end, in parts of at most `max`. */
export async function finishAll(operator: Operator, max = 10): Promise<RecordBuffer[]> {
  const parts: RecordBuffer[] = [];
  for (let done = false; !done; ) {
    const part = new RecordBuffer();
    done = await operator.finish(part, max);
    parts.push(part);
  }
  return parts;
}
