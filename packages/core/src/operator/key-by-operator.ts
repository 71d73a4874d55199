import { checkKey, type PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { emit } from "./function-operator.ts";
import { LoopOperator } from "./loop-operator.ts";

/** Gives each record a key; a key that is none is an error of that record. */
export class KeyByOperator extends LoopOperator {
  protected override readonly check = checkKey;

  apply(answer: unknown, record: unknown, _key: PartitionKey | undefined, out: RecordBuffer): boolean {
    emit(out, record, checkKey(answer));
    return false;
  }
}
