import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Emitter } from "./emit.ts";
import type { Cursor, OpenRecord, Operator } from "./operator.port.ts";
import { openRecord, runEach } from "./run-each.ts";
import type { TimerHook } from "./step-code.ts";
import type { StepContext } from "./step-context.ts";
import { TimerSignal } from "./timer-signal.ts";

/**
 * An operator whose timers come to it as records do, on a channel of their own: so whatever holds for records holds for
 * timers too, from one at a time per key to retries and the commit.
 */
export class TimedOperator implements Operator {
  readonly timed = true;
  readonly emitsHeaders = true;
  readonly #inner: Operator;
  readonly #onTimer: TimerHook;

  constructor(inner: Operator, onTimer: TimerHook) {
    this.#inner = inner;
    this.#onTimer = onTimer;
  }

  open(ctx: StepContext): MaybePromise<void> {
    return this.#inner.open(ctx);
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    if (batch.payloads[from] instanceof TimerSignal) runEach(this, batch, from, to, out, cursor);
    else this.#inner.run(batch, from, to, out, cursor);
  }

  invoke(record: OpenRecord): unknown {
    if (!(record.payload instanceof TimerSignal)) return this.#inner.invoke(record);
    const { key, ctx } = record;
    const { at } = record.payload;
    const emitted = new RecordBuffer();
    if (!ctx.tables.timers.remove(ctx.cells, key, at)) return emitted; // removed since it was due
    const { keyed } = ctx.facts;
    const emitter = new Emitter(emitted, { step: ctx.step, keyed, ...(key === undefined ? {} : { key }) });
    const close = (): RecordBuffer => {
      emitter.close();
      return emitted;
    };
    const wait = this.#onTimer(at, emitter.emit, ctx);
    return isPromiseLike(wait) ? wait.then(close) : close();
  }

  apply(answer: unknown, record: OpenRecord, out: RecordBuffer): boolean {
    if (!(record.payload instanceof TimerSignal)) return this.#inner.apply(answer, record, out);
    out.take(answer as RecordBuffer);
    return false;
  }

  /** A timer that has failed for good is over. */
  giveUp(batch: Batch, index: number, ctx: StepContext): void {
    const { payload, key } = openRecord(batch, index, 0, ctx);
    if (payload instanceof TimerSignal) ctx.tables.timers.remove(ctx.cells, key, payload.at);
  }

  get shares(): boolean {
    return this.#inner.shares === true;
  }

  /** What has timers waits with a record in its state. */
  retains(input: number, changed: boolean): boolean {
    return changed || this.#inner.retains?.(input, changed) === true;
  }

  endInput(index: number): MaybePromise<void> {
    return this.#inner.endInput(index);
  }

  finish(out: RecordBuffer, max: number): MaybePromise<boolean> {
    return this.#inner.finish(out, max);
  }

  close(): MaybePromise<void> {
    return this.#inner.close();
  }
}
