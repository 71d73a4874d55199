import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Cursor, OpenRecord } from "./operator.port.ts";
import type { StepContext } from "./step-context.ts";

/** How a reduce starts and when it emits. */
export interface ReduceSettings {
  /** Makes the accumulator of a new key; without it a key's first record is its accumulator. */
  readonly initial: (() => unknown) | undefined;
  /** `each`: the new accumulator after every record. `end`: every key's last one, once all inputs ended. */
  readonly emit: "each" | "end";
}

/** Folds the records of each key. */
export class ReduceOperator extends FunctionOperator {
  readonly #settings: ReduceSettings;
  readonly #accumulators = new Map<PartitionKey, unknown>();
  #undo: { readonly key: PartitionKey; readonly known: boolean; readonly value: unknown } | undefined;
  #rest: Iterator<[PartitionKey, unknown]> | undefined;
  #emittedAll = false;

  constructor(step: AnyStep, settings: ReduceSettings) {
    super(step);
    this.#settings = settings;
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    const { payloads } = batch;
    const { ctx } = cursor;
    const keys = batch.keys as readonly PartitionKey[];
    let i = from;
    try {
      for (; i < to; i++) {
        const key = keys[i] as PartitionKey;
        ctx.key = key;
        const result = this.#fold(payloads[i], key, ctx);
        if (isPromiseLike(result)) {
          cursor.answer = result;
          return;
        }
        this.#keep(result, key, out);
      }
    } finally {
      cursor.index = i;
    }
  }

  override invoke({ payload, key, ctx }: OpenRecord): unknown {
    return this.#fold(payload, key as PartitionKey, ctx);
  }

  apply(result: unknown, { key }: OpenRecord, out: RecordBuffer): boolean {
    this.#keep(result, key as PartitionKey, out);
    return false;
  }

  override undo(): void {
    if (this.#undo === undefined) return;
    const { key, known, value } = this.#undo;
    if (known) this.#accumulators.set(key, value);
    else this.#accumulators.delete(key);
    this.#undo = undefined;
  }

  override finish(out: RecordBuffer, max: number): MaybePromise<boolean> {
    if (this.#settings.emit === "each" || this.#emittedAll) return super.finish(out, max);
    this.#rest ??= this.#accumulators.entries();
    for (let n = 0; n < max; n++) {
      const entry = this.#rest.next();
      if (entry.done === true) {
        this.#emittedAll = true;
        return super.finish(out, max);
      }
      out.append(entry.value[1], entry.value[0], undefined);
    }
    return false;
  }

  #fold(record: unknown, key: PartitionKey, ctx: StepContext): unknown {
    const known = this.#accumulators.get(key);
    if (known === undefined && !this.#accumulators.has(key)) {
      if (this.#settings.initial === undefined) return new First(record);
      return this.call(this.#settings.initial(), record, ctx);
    }
    return this.call(known, record, ctx);
  }

  #keep(result: unknown, key: PartitionKey, out: RecordBuffer): void {
    const answer = result instanceof First ? result.record : result;
    this.#undo = { key, known: this.#accumulators.has(key), value: this.#accumulators.get(key) };
    this.#accumulators.set(key, answer);
    if (this.#settings.emit === "each") out.append(answer, key, undefined);
  }
}

/** A key's first record, which is data whatever it looks like: not even a `then` makes it a promise. */
class First {
  readonly record: unknown;

  constructor(record: unknown) {
    this.record = record;
  }
}
