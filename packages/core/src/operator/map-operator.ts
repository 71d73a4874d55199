import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { emit } from "./function-operator.ts";
import { LoopOperator } from "./loop-operator.ts";

/** One record to at most one; `undefined` drops it. */
export class MapOperator extends LoopOperator {
  apply(answer: unknown, _record: unknown, key: PartitionKey | undefined, out: RecordBuffer): boolean {
    if (answer === undefined) return true;
    emit(out, answer, key);
    return false;
  }
}
