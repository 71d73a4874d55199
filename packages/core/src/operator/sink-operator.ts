import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { AsyncLoop } from "./async-loops.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Loop } from "./loops.ts";
import type { Cursor } from "./operator.port.ts";

/** Hands each record to the user's function and emits nothing. */
export class SinkOperator extends FunctionOperator {
  readonly #loop: Loop;
  readonly #asyncLoop: AsyncLoop;

  constructor(step: AnyStep, loop: Loop, asyncLoop: AsyncLoop) {
    super(step);
    this.#loop = loop;
    this.#asyncLoop = asyncLoop;
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    this.#loop(this.call, cursor.ctx, batch, from, to, out, cursor);
  }

  runAsync(batch: Batch, to: number, out: RecordBuffer, cursor: Cursor): Promise<void> {
    return this.#asyncLoop(this.call, cursor.ctx, batch, to, out, cursor);
  }

  apply(): boolean {
    return false;
  }
}
