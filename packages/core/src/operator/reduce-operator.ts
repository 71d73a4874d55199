import { isPromiseLike } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { emit, FunctionOperator } from "./function-operator.ts";
import type { AnyStep } from "./functions.ts";
import type { Cursor } from "./operator.port.ts";

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

  constructor(step: AnyStep, settings: ReduceSettings) {
    super(step);
    this.#settings = settings;
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    const { payloads } = batch;
    const keys = batch.keys as readonly PartitionKey[];
    let i = from;
    try {
      for (; i < to; i++) {
        const key = keys[i] as PartitionKey;
        const result = this.invoke(payloads[i], key);
        if (isPromiseLike(result)) {
          cursor.answer = result;
          return;
        }
        this.apply(result, undefined, key, out);
      }
    } finally {
      cursor.index = i;
    }
  }

  override invoke(record: unknown, key: PartitionKey | undefined): unknown {
    const { ctx } = this;
    ctx.key = key;
    const known = this.#accumulators.get(key as PartitionKey);
    if (known === undefined && !this.#accumulators.has(key as PartitionKey)) {
      if (this.#settings.initial === undefined) return new First(record);
      return this.call(this.#settings.initial(), record, ctx);
    }
    return this.call(known, record, ctx);
  }

  apply(result: unknown, _record: unknown, key: PartitionKey | undefined, out: RecordBuffer): boolean {
    const answer = result instanceof First ? result.record : result;
    const last = key as PartitionKey;
    this.#undo = { key: last, known: this.#accumulators.has(last), value: this.#accumulators.get(last) };
    this.#accumulators.set(last, answer);
    if (this.#settings.emit === "each") emit(out, answer, key);
    return false;
  }

  override undo(): void {
    if (this.#undo === undefined) return;
    const { key, known, value } = this.#undo;
    if (known) this.#accumulators.set(key, value);
    else this.#accumulators.delete(key);
    this.#undo = undefined;
  }

  override finish(out: RecordBuffer, max: number): boolean {
    if (this.#settings.emit === "each") return true;
    this.#rest ??= this.#accumulators.entries();
    for (let n = 0; n < max; n++) {
      const entry = this.#rest.next();
      if (entry.done === true) return true;
      emit(out, entry.value[1], entry.value[0]);
    }
    return false;
  }
}

/** A key's first record, which is data whatever it looks like: not even a `then` makes it a promise. */
class First {
  readonly record: unknown;

  constructor(record: unknown) {
    this.record = record;
  }
}
