import type { MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Cursor, OpenRecord, Operator } from "./operator.port.ts";
import { packetOf } from "./packet-of.ts";
import type { Plugin } from "./plugin.ts";
import { runEach } from "./run-each.ts";
import type { StepContext } from "./step-context.ts";

/** An operator with plug-ins around the processing of each record; the first one is outermost. */
export class PluginOperator implements Operator {
  /** What the plug-ins are around. */
  readonly inner: Operator;
  readonly #plugins: readonly Plugin[];

  constructor(inner: Operator, plugins: readonly Plugin[]) {
    this.inner = inner;
    this.#plugins = plugins;
  }

  open(ctx: StepContext): MaybePromise<void> {
    return this.inner.open(ctx);
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    runEach(this, batch, from, to, out, cursor);
  }

  invoke(record: OpenRecord): unknown {
    const packet = packetOf(record);
    for (const plugin of this.#plugins) plugin.before?.(packet, record.ctx);
    const call = this.#plugins.reduceRight<() => unknown>(
      (next, plugin) =>
        plugin.around === undefined ? next : () => plugin.around?.(packet, next, record.ctx),
      () => this.inner.invoke(record),
    );
    return call();
  }

  apply(answer: unknown, record: OpenRecord, out: RecordBuffer): boolean {
    const mark = out.length;
    const filtered = this.inner.apply(answer, record, out);
    const packet = packetOf(record);
    const outputs = out.payloads.slice(mark);
    try {
      for (const plugin of this.#plugins.toReversed()) plugin.after?.(packet, outputs, record.ctx);
    } catch (error) {
      out.truncate(mark);
      throw error;
    }
    return filtered;
  }

  get emitsHeaders(): boolean {
    return this.inner.emitsHeaders === true;
  }

  get shares(): boolean {
    return this.inner.shares === true;
  }

  retains(input: number, changed: boolean): boolean {
    return this.inner.retains?.(input, changed) === true;
  }

  endInput(index: number): MaybePromise<void> {
    return this.inner.endInput(index);
  }

  finish(out: RecordBuffer, max: number): MaybePromise<boolean> {
    return this.inner.finish(out, max);
  }

  close(): MaybePromise<void> {
    return this.inner.close();
  }
}
