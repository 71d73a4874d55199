import { describeValue, SageError } from "../errors/sage-error.ts";
import { isPromiseLike } from "../host/maybe-promise.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { emit } from "./function-operator.ts";
import { LoopOperator } from "./loop-operator.ts";

/** Keeps the records for which the user's function answers `true`; other answers than a boolean are errors. */
export class FilterOperator extends LoopOperator {
  protected override readonly check = (answer: unknown): void => {
    if (isPromiseLike(answer)) return;
    const facts = { step: this.ctx.step, expected: "true or false", got: describeValue(answer) };
    throw new SageError("INVALID_RESULT", facts);
  };

  apply(answer: unknown, record: unknown, key: PartitionKey | undefined, out: RecordBuffer): boolean {
    if (typeof answer !== "boolean") this.check(answer);
    if (answer === true) emit(out, record, key);
    return answer !== true;
  }
}
