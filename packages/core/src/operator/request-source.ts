import type { Batch } from "../packet/batch.ts";
import type { Headers } from "../packet/packet.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import type { Cursor, OpenRecord, Operator } from "./operator.port.ts";

/** A request to a pipeline on its way into it. */
export class PipelineRequest {
  /** What was asked: the record. */
  payload: unknown;
  /** What the record carries, and everything that it comes to. */
  readonly headers: Headers;
  /** Whether it is left out, since nobody waited for it any more when it was to enter the pipeline. */
  leftOut = false;
  #entered = false;

  constructor(payload: unknown, headers: Headers) {
    this.payload = payload;
    this.headers = headers;
  }

  /** It enters the pipeline, and will again when its source starts over. */
  enter(): void {
    this.#entered = true;
  }

  /** Nobody waits for it any more. What has entered takes its way: it may have other ends than the answer. */
  giveUp(): void {
    if (this.#entered) return;
    this.leftOut = true;
    this.payload = undefined;
  }
}

/** Emits requests as records, unless nobody waits for them any more: the operator of a source of requests. */
export class RequestSource implements Operator {
  readonly shares = true;

  open(): void {}

  run({ payloads }: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    for (let i = from; i < to; i++) if (emit(payloads[i], out)) cursor.filtered++;
    cursor.index = to;
  }

  invoke(record: OpenRecord): unknown {
    return record.payload;
  }

  apply(request: unknown, _record: OpenRecord, out: RecordBuffer): boolean {
    return emit(request, out);
  }

  endInput(): void {}

  finish(): boolean {
    return true;
  }

  close(): void {}
}

/** Answers `true` for a request that nobody waits for. */
function emit(request: unknown, out: RecordBuffer): boolean {
  const entering = request as PipelineRequest;
  if (entering.leftOut) return true;
  entering.enter();
  out.append(entering.payload, undefined, entering.headers);
  return false;
}
