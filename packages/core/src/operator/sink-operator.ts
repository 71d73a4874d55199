import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Loop } from "./loops.ts";
import type { Cursor } from "./operator.port.ts";

/** Hands each record to the user's function and emits nothing. */
export class SinkOperator extends FunctionOperator {
  readonly #loop: Loop;

  constructor(step: AnyStep, loop: Loop) {
    super(step);
    this.#loop = loop;
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    this.#loop(this.call, this.ctx, batch, from, to, out, cursor);
  }

  apply(): boolean {
    return false;
  }
}
