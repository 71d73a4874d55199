import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { AsyncLoop } from "./async-loops.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Loop } from "./loops.ts";
import type { Cursor, OpenRecord } from "./operator.port.ts";

/** One record to at most one; `undefined` drops it. */
export class MapOperator extends FunctionOperator {
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

  apply(answer: unknown, { key }: OpenRecord, out: RecordBuffer): boolean {
    if (answer === undefined) return true;
    out.append(answer, key, undefined);
    return false;
  }
}
