import type { Batch } from "../packet/batch.ts";
import { checkKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { AsyncLoop } from "./async-loops.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Loop } from "./loops.ts";
import type { Cursor, OpenRecord } from "./operator.port.ts";

/** Gives each record a key; a key that is none is an error of that record. */
export class KeyByOperator extends FunctionOperator {
  readonly #loop: Loop;
  readonly #asyncLoop: AsyncLoop;

  constructor(step: AnyStep, loop: Loop, asyncLoop: AsyncLoop) {
    super(step);
    this.#loop = loop;
    this.#asyncLoop = asyncLoop;
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    this.#loop(this.call, cursor.ctx, batch, from, to, out, cursor, checkKey);
  }

  runAsync(batch: Batch, to: number, out: RecordBuffer, cursor: Cursor): Promise<void> {
    return this.#asyncLoop(this.call, cursor.ctx, batch, to, out, cursor, checkKey);
  }

  apply(answer: unknown, { payload }: OpenRecord, out: RecordBuffer): boolean {
    out.append(payload, checkKey(answer), undefined);
    return false;
  }
}
