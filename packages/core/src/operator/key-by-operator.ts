import type { Batch } from "../packet/batch.ts";
import { checkKey, type PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { emit, FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Loop } from "./loops.ts";
import type { Cursor } from "./operator.port.ts";

/** Gives each record a key; a key that is none is an error of that record. */
export class KeyByOperator extends FunctionOperator {
  readonly #loop: Loop;

  constructor(step: AnyStep, loop: Loop) {
    super(step);
    this.#loop = loop;
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    this.#loop(this.call, this.ctx, batch, from, to, out, cursor, checkKey);
  }

  apply(answer: unknown, record: unknown, _key: PartitionKey | undefined, out: RecordBuffer): boolean {
    emit(out, record, checkKey(answer));
    return false;
  }
}
