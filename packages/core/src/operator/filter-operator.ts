import { describeValue, SageError } from "../errors/sage-error.ts";
import { isPromiseLike } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { AsyncLoop } from "./async-loops.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Loop } from "./loops.ts";
import type { Cursor, OpenRecord } from "./operator.port.ts";

/** Keeps the records for which the user's function answers `true`; other answers than a boolean are errors. */
export class FilterOperator extends FunctionOperator {
  readonly #loop: Loop;
  readonly #asyncLoop: AsyncLoop;

  constructor(step: AnyStep, loop: Loop, asyncLoop: AsyncLoop) {
    super(step);
    this.#loop = loop;
    this.#asyncLoop = asyncLoop;
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    this.#loop(this.call, cursor.ctx, batch, from, to, out, cursor, this.#check);
  }

  runAsync(batch: Batch, to: number, out: RecordBuffer, cursor: Cursor): Promise<void> {
    return this.#asyncLoop(this.call, cursor.ctx, batch, to, out, cursor, this.#check);
  }

  apply(answer: unknown, { payload, key }: OpenRecord, out: RecordBuffer): boolean {
    if (typeof answer !== "boolean") this.#check(answer);
    if (answer === true) out.append(payload, key, undefined);
    return answer !== true;
  }

  readonly #check = (answer: unknown): void => {
    if (isPromiseLike(answer)) return;
    const facts = { step: this.ctx.step, expected: "true or false", got: describeValue(answer) };
    throw new SageError("INVALID_RESULT", facts);
  };
}
