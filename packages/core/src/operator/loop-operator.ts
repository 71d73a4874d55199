import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Loop } from "./loops.ts";
import type { Cursor } from "./operator.port.ts";

/** Base of the operators whose inner loop is copied per step (see `ownCopy`). */
export abstract class LoopOperator extends FunctionOperator {
  readonly #loop: Loop;

  constructor(step: AnyStep, loop: Loop) {
    super(step);
    this.#loop = loop;
  }

  /** Throws for an answer that the step cannot use; loops that need it call it. */
  protected readonly check: (answer: unknown) => unknown = () => undefined;

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    this.#loop(this.call, this.ctx, batch, from, to, out, cursor, this.check);
  }
}
