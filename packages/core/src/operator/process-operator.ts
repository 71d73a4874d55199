import { isPromiseLike } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Emitter } from "./emit.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { Cursor, OpenRecord } from "./operator.port.ts";
import { packetOf } from "./packet-of.ts";
import { runEach } from "./run-each.ts";

/** Hands each record to the user's function with its key and headers; the function emits by itself. */
export class ProcessOperator extends FunctionOperator {
  readonly emitsHeaders = true;

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    runEach(this, batch, from, to, out, cursor);
  }

  override invoke(record: OpenRecord): unknown {
    const { key, headers, ctx } = record;
    const emitted = new RecordBuffer();
    const emitter = new Emitter(emitted, {
      step: ctx.step,
      keyed: ctx.facts.keyed,
      ...(key === undefined ? {} : { key }),
      ...(headers === undefined ? {} : { headers }),
    });
    const close = (): RecordBuffer => {
      emitter.close();
      return emitted;
    };
    const wait = this.call(packetOf(record), emitter.emit, ctx);
    return isPromiseLike(wait) ? wait.then(close) : close();
  }

  /** The function emits when it likes, from what it has kept. */
  retains(_input: number, changed: boolean): boolean {
    return changed;
  }

  apply(emitted: unknown, _record: OpenRecord, out: RecordBuffer): boolean {
    if (!(emitted instanceof RecordBuffer)) return true; // a plug-in answered in the function's place
    out.take(emitted);
    return emitted.length === 0;
  }
}
