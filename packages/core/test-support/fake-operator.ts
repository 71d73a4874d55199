import type { MaybePromise } from "../src/host/maybe-promise.ts";
import type { Cursor, OpenRecord, Operator } from "../src/operator/operator.port.ts";
import { runEach } from "../src/operator/run-each.ts";
import type { Batch } from "../src/packet/batch.ts";
import type { RecordBuffer } from "../src/packet/record-buffer.ts";
import { tick } from "./fake-host.ts";

/** An operator that emits every record, whose hooks the test replaces, and that notes what is called. */
export class FakeOperator implements Operator {
  readonly calls: string[] = [];
  signal: AbortSignal | undefined;
  onOpen: () => MaybePromise<void> = () => undefined;
  onRecord: (record: unknown, signal: AbortSignal) => unknown = (record) => record;
  onFinish: (out: RecordBuffer) => MaybePromise<boolean> = () => true;
  onEndInput: (index: number) => MaybePromise<void> = () => undefined;
  onClose: () => MaybePromise<void> = () => undefined;

  open(ctx: { signal: AbortSignal }) {
    this.signal = ctx.signal;
    this.calls.push("open");
    return this.onOpen();
  }
  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor) {
    runEach(this, batch, from, to, out, cursor);
  }
  invoke({ payload, ctx }: OpenRecord) {
    this.calls.push(`record ${payload}`);
    return this.onRecord(payload, ctx.signal);
  }
  apply(answer: unknown, { key }: OpenRecord, out: RecordBuffer) {
    out.append(answer, key, undefined);
    return false;
  }
  endInput(index: number) {
    this.calls.push(`end of input ${index}`);
    return this.onEndInput(index);
  }

  finish(out: RecordBuffer) {
    this.calls.push("finish");
    return this.onFinish(out);
  }
  close() {
    this.calls.push("close");
    return this.onClose();
  }
}

/** How a record of a {@link GatedOperator} ends. */
export type Ending = "ok" | "drop" | "fail";

/** What a record fails with. */
export const boom = new RangeError("boom");

/** An operator whose records end when the test says so; it watches what is in flight at once. */
export class GatedOperator extends FakeOperator {
  readonly flying = new Map<
    unknown,
    { readonly key: unknown; readonly end: (ending: Ending) => void; readonly signal: AbortSignal }
  >();
  /** Most records that were in flight at once. */
  most = 0;
  /** Which records end at once, without a promise. */
  atOnce: (payload: unknown) => boolean = () => false;
  /** Keys of which two records were in flight at once. */
  readonly clashes: unknown[] = [];

  override invoke(record: OpenRecord) {
    const { payload, key, ctx } = record;
    this.calls.push(`record ${payload}`);
    if (key !== undefined && [...this.flying.values()].some((flight) => flight.key === key)) {
      this.clashes.push(key);
    }
    if (this.atOnce(payload)) return payload;
    return new Promise((resolve, reject) => {
      const end = (ending: Ending) => {
        if (ending === "fail") reject(boom);
        else resolve(ending === "ok" ? payload : undefined);
      };
      this.flying.set(payload, { key, end, signal: ctx.signal });
      this.most = Math.max(this.most, this.flying.size);
    });
  }

  override apply(answer: unknown, record: OpenRecord, out: RecordBuffer) {
    return answer === undefined || super.apply(answer, record, out);
  }

  /** Ends a record in flight. */
  end(payload: unknown, ending: Ending = "ok"): void {
    const flight = this.flying.get(payload);
    this.flying.delete(payload);
    flight?.end(ending);
  }

  /** Ends a record in flight and lets follow what follows at once. */
  async release(payload: unknown, ending: Ending = "ok"): Promise<void> {
    this.end(payload, ending);
    await tick();
  }
}
