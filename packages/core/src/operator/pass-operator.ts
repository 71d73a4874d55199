import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Cursor, OpenRecord, Operator } from "./operator.port.ts";
import type { StepContext } from "./step-context.ts";

const noHooks: Pick<Operator, "open" | "close"> = { open: () => undefined, close: () => undefined };

/** Emits what it receives: the operator of a source, whose reader has done the work, and of `collect`. */
export class PassOperator implements Operator {
  readonly #hooks: Pick<Operator, "open" | "close">;
  readonly #alone: boolean;

  /**
   * `hooks` are called when the operator is opened and closed. `alone` says that a unit of work never has more than
   * one batch, so that the batch's array can be passed on as it is.
   */
  constructor(alone: boolean, hooks = noHooks) {
    this.#alone = alone;
    this.#hooks = hooks;
  }

  open(ctx: StepContext): MaybePromise<void> {
    return this.#hooks.open(ctx);
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    if (this.#alone && out.length === 0 && to - from > 1 && to - from === batch.payloads.length) {
      out.payloads = batch.payloads as unknown[]; // a single record may still be taken back
    } else {
      for (let i = from; i < to; i++) out.payloads.push(batch.payloads[i]);
    }
    cursor.index = to;
  }

  invoke({ payload }: OpenRecord): unknown {
    return payload;
  }

  apply(answer: unknown, { key }: OpenRecord, out: RecordBuffer): boolean {
    out.append(answer, key, undefined);
    return false;
  }

  endInput(): void {}

  finish(): boolean {
    return true;
  }

  close(): MaybePromise<void> {
    return this.#hooks.close();
  }
}
