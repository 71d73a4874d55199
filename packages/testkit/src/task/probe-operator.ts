import type {
  Batch,
  Cursor,
  MaybePromise,
  OpenRecord,
  Operator,
  PartitionKey,
  RecordBuffer,
  StepContext,
} from "@sage-kernel/core/spi";
import { isPromiseLike } from "@sage-kernel/core/spi";

/** What a probe does where it is called; left out, it emits every record as it is and does nothing else. */
export interface ProbeHooks {
  /** Opens. */
  open?(): MaybePromise<void>;
  /** Answers the output for a record, now or later; `undefined` drops it. */
  record?(payload: unknown, ctx: StepContext): unknown;
  /** Hears of the end of an input. */
  endInput?(index: number): MaybePromise<void>;
  /** Answers the last outputs. */
  finish?(): MaybePromise<readonly unknown[]>;
  /** Closes. */
  close?(): MaybePromise<void>;
}

/** An operator that notes whatever is called, and what it is told of each record's input. */
export class ProbeOperator implements Operator {
  /** `open`, `record x`, `end of input 0`, `finish`, `close`, in the order of the calls. */
  readonly calls: string[] = [];
  /** The signal that its task gave it. */
  signal: AbortSignal | undefined;
  readonly #hooks: ProbeHooks;
  #rest: unknown[] | undefined;

  constructor(hooks: ProbeHooks) {
    this.#hooks = hooks;
  }

  open(ctx: StepContext): MaybePromise<void> {
    this.calls.push("open");
    this.signal = ctx.signal;
    return this.#hooks.open?.();
  }

  run({ payloads, keys }: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    for (let i = from; i < to; i++) {
      cursor.index = i;
      const answer = this.#call(payloads[i], cursor.ctx);
      if (isPromiseLike(answer)) {
        cursor.answer = answer;
        return;
      }
      if (emit(answer, keys?.[i], out)) cursor.filtered++;
    }
    cursor.index = to;
  }

  invoke({ payload, ctx }: OpenRecord): unknown {
    return this.#call(payload, ctx);
  }

  apply(answer: unknown, { key }: OpenRecord, out: RecordBuffer): boolean {
    return emit(answer, key, out);
  }

  endInput(index: number): MaybePromise<void> {
    this.calls.push(`end of input ${index}`);
    return this.#hooks.endInput?.(index);
  }

  finish(out: RecordBuffer, max: number): MaybePromise<boolean> {
    if (this.#rest !== undefined) return this.#handOut(this.#rest, out, max);
    this.calls.push("finish");
    const last = this.#hooks.finish?.() ?? [];
    const handOut = (rest: readonly unknown[]): boolean => {
      this.#rest = [...rest];
      return this.#handOut(this.#rest, out, max);
    };
    return isPromiseLike(last) ? last.then(handOut) : handOut(last);
  }

  close(): MaybePromise<void> {
    this.calls.push("close");
    return this.#hooks.close?.();
  }

  #call(payload: unknown, ctx: StepContext): unknown {
    this.calls.push(`record ${payload}`);
    return this.#hooks.record === undefined ? payload : this.#hooks.record(payload, ctx);
  }

  #handOut(rest: unknown[], out: RecordBuffer, max: number): boolean {
    for (const payload of rest.splice(0, max)) out.append(payload, undefined, undefined);
    return rest.length === 0;
  }
}

/** Appends an answer; answers `true` when it drops the record. */
function emit(answer: unknown, key: PartitionKey | undefined, out: RecordBuffer): boolean {
  if (answer === undefined) return true;
  out.append(answer, key, undefined);
  return false;
}
