import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { emit, FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Loop } from "./loops.ts";
import type { Cursor } from "./operator.port.ts";

/** One record to at most one; `undefined` drops it. */
export class MapOperator extends FunctionOperator {
  readonly #loop: Loop;

  constructor(step: AnyStep, loop: Loop) {
    super(step);
    this.#loop = loop;
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    this.#loop(this.call, this.ctx, batch, from, to, out, cursor);
  }

  apply(answer: unknown, _record: unknown, key: PartitionKey | undefined, out: RecordBuffer): boolean {
    if (answer === undefined) return true;
    emit(out, answer, key);
    return false;
  }
}
