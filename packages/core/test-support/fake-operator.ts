import type { MaybePromise } from "../src/host/maybe-promise.ts";
import type { Operator } from "../src/operator/operator.port.ts";
import type { Batch } from "../src/packet/batch.ts";
import type { RecordBuffer } from "../src/packet/record-buffer.ts";

/** An operator that emits every record, whose hooks the test replaces, and that notes what is called. */
export class FakeOperator implements Operator {
  readonly calls: string[] = [];
  signal: AbortSignal | undefined;
  onOpen: () => MaybePromise<void> = () => undefined;
  onRecord: (record: unknown) => unknown = (record) => record;
  onFinish: (out: RecordBuffer) => MaybePromise<boolean> = () => true;
  onClose: () => MaybePromise<void> = () => undefined;

  open(ctx: { signal: AbortSignal }) {
    this.signal = ctx.signal;
    this.calls.push("open");
    return this.onOpen();
  }
  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: { index: number; answer: unknown }) {
    for (let i = from; i < to; i++) {
      cursor.index = i;
      const answer = this.invoke(batch.payloads[i]);
      if (answer instanceof Promise) {
        cursor.answer = answer;
        return;
      }
      out.payloads.push(answer);
    }
    cursor.index = to;
  }
  invoke(record: unknown) {
    this.calls.push(`record ${record}`);
    return this.onRecord(record);
  }
  apply(answer: unknown, _record: unknown, _key: unknown, out: RecordBuffer) {
    out.payloads.push(answer);
    return false;
  }
  undo(): void {}

  finish(out: RecordBuffer) {
    this.calls.push("finish");
    return this.onFinish(out);
  }
  close() {
    this.calls.push("close");
    return this.onClose();
  }
}
