import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { AnyStep } from "./functions.ts";
import type { Cursor, Operator } from "./operator.port.ts";
import { instantiate, type StepCall, type StepCode } from "./step-code.ts";
import type { StepContext } from "./step-context.ts";

/** Base of the operators around one user function: its life-cycle, and the call of a single record. */
export abstract class FunctionOperator implements Operator {
  protected readonly call: StepCall;
  protected ctx!: StepContext;
  readonly #code: StepCode;

  constructor(step: AnyStep) {
    this.#code = instantiate(step);
    this.call = this.#code.call;
  }

  open(ctx: StepContext): MaybePromise<void> {
    this.ctx = ctx;
    return this.#code.open(ctx);
  }

  abstract run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void;

  invoke(record: unknown, key: PartitionKey | undefined): unknown {
    this.ctx.key = key;
    return this.call(record, this.ctx);
  }

  abstract apply(
    answer: unknown,
    record: unknown,
    key: PartitionKey | undefined,
    out: RecordBuffer,
  ): MaybePromise<boolean>;

  undo(): void {}

  finish(_out: RecordBuffer, _max: number): MaybePromise<boolean> {
    return true;
  }

  close(): MaybePromise<void> {
    return this.#code.close();
  }
}

/** Appends one record with its key; a buffer becomes keyed with its first keyed record. */
export function emit(out: RecordBuffer, payload: unknown, key: PartitionKey | undefined): void {
  out.payloads.push(payload);
  if (key === undefined) return;
  if (out.keys === undefined) out.keys = [];
  out.keys.push(key);
}
