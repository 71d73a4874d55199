import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Emitter } from "./emit.ts";
import type { AnyStep } from "./functions.ts";
import type { Cursor, OpenRecord, Operator } from "./operator.port.ts";
import { instantiate, type StepCall, type StepCode, type TimerHook } from "./step-code.ts";
import type { StepContext } from "./step-context.ts";

/** Base of the operators around user code: its life-cycle, and the call of a single record. */
export abstract class FunctionOperator implements Operator {
  protected readonly call: StepCall;
  protected ctx!: StepContext;
  readonly #code: StepCode;
  #rest: RecordBuffer | undefined;

  constructor(step: AnyStep | StepCode) {
    this.#code = "call" in step && "endInput" in step ? step : instantiate(step);
    this.call = this.#code.call;
  }

  /** What is called when a timer is due; `undefined` where the step can have none. */
  get onTimer(): TimerHook | undefined {
    return this.#code.onTimer;
  }

  open(ctx: StepContext): MaybePromise<void> {
    this.ctx = ctx;
    return this.#code.open(ctx);
  }

  abstract run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void;

  invoke({ payload, ctx }: OpenRecord): unknown {
    return this.call(payload, ctx);
  }

  abstract apply(answer: unknown, record: OpenRecord, out: RecordBuffer): boolean;

  endInput(index: number): MaybePromise<void> {
    return this.#code.endInput(index);
  }

  finish(out: RecordBuffer, max: number): MaybePromise<boolean> {
    if (this.#rest !== undefined) return this.#handOut(this.#rest, out, max);
    const rest = new RecordBuffer();
    const { step, keyed } = this.ctx.facts;
    const emitter = new Emitter(rest, { step, keyed });
    const last = (): boolean => {
      emitter.close();
      this.#rest = rest;
      return this.#handOut(rest, out, max);
    };
    const finished = this.#code.finish(emitter.emit, this.ctx);
    return isPromiseLike(finished) ? finished.then(last) : last();
  }

  close(): MaybePromise<void> {
    return this.#code.close();
  }

  /** Hands out the next part, behind what an earlier incarnation has handed out. */
  #handOut({ payloads, keys, headers }: RecordBuffer, out: RecordBuffer, max: number): boolean {
    const { tables } = this.ctx.facts;
    const from = tables.handedOut;
    const end = Math.max(from, Math.min(payloads.length, from + max));
    for (let i = from; i < end; i++) out.append(payloads[i], keys?.[i], headers?.[i]);
    tables.handedOut = end;
    return end >= payloads.length;
  }
}
