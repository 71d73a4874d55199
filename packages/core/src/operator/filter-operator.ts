import { describeValue, SageError } from "../errors/sage-error.ts";
import { isPromiseLike } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { emit, FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Loop } from "./loops.ts";
import type { Cursor } from "./operator.port.ts";

/** Keeps the records for which the user's function answers `true`; other answers than a boolean are errors. */
export class FilterOperator extends FunctionOperator {
  readonly #loop: Loop;

  constructor(step: AnyStep, loop: Loop) {
    super(step);
    this.#loop = loop;
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    this.#loop(this.call, this.ctx, batch, from, to, out, cursor, this.#check);
  }

  apply(answer: unknown, record: unknown, key: PartitionKey | undefined, out: RecordBuffer): boolean {
    if (typeof answer !== "boolean") this.#check(answer);
    if (answer === true) emit(out, record, key);
    return answer !== true;
  }

  readonly #check = (answer: unknown): void => {
    if (isPromiseLike(answer)) return;
    const facts = { step: this.ctx.step, expected: "true or false", got: describeValue(answer) };
    throw new SageError("INVALID_RESULT", facts);
  };
}
