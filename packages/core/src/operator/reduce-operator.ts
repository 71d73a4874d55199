import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { absent } from "../state/state-key.ts";
import type { StateTable } from "../state/state-table.ts";
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

/** Folds the records of each key. The accumulators are the task's state. */
export class ReduceOperator extends FunctionOperator {
  readonly #settings: ReduceSettings;
  #accumulators!: StateTable;
  #rest: Iterator<unknown> | undefined;
  #emittedAll = false;

  constructor(step: AnyStep, settings: ReduceSettings) {
    super(step);
    this.#settings = settings;
  }

  override open(ctx: StepContext): MaybePromise<void> {
    this.#accumulators = ctx.facts.tables.table("$reduce");
    return super.open(ctx);
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    const { payloads } = batch;
    const { ctx } = cursor;
    const keys = batch.keys as readonly PartitionKey[];
    let i = from;
    try {
      for (; i < to; i++) {
        cursor.index = i;
        const key = keys[i] as PartitionKey;
        ctx.key = key;
        const result = this.#fold(payloads[i], key, ctx);
        if (isPromiseLike(result)) {
          cursor.answer = result;
          return;
        }
        this.#keep(result, key, ctx, out);
      }
    } finally {
      cursor.index = i;
    }
  }

  override invoke({ payload, key, ctx }: OpenRecord): unknown {
    return this.#fold(payload, key as PartitionKey, ctx);
  }

  apply(result: unknown, { key, ctx }: OpenRecord, out: RecordBuffer): boolean {
    this.#keep(result, key as PartitionKey, ctx, out);
    return false;
  }

  retains(): boolean {
    return this.#settings.emit === "end";
  }

  /** Emits the accumulators of `emit: "end"`; each leaves the state with the commit that emits it. */
  override finish(out: RecordBuffer, max: number): MaybePromise<boolean> {
    if (this.#settings.emit === "each" || this.#emittedAll) return super.finish(out, max);
    this.#rest ??= this.#accumulators.keys();
    for (let n = 0; n < max; n++) {
      const next = this.#rest.next();
      if (next.done === true) {
        this.#emittedAll = true;
        return super.finish(out, max);
      }
      const key = next.value as PartitionKey;
      out.append(accumulatorIn(this.#accumulators.get(key)), key, undefined);
      this.#accumulators.put(key, absent);
    }
    return false;
  }

  #fold(record: unknown, key: PartitionKey, ctx: StepContext): unknown {
    const known = ctx.cells.read(this.#accumulators, key);
    if (known !== undefined) return this.call(accumulatorIn(known), record, ctx);
    if (this.#settings.initial === undefined) return new First(record);
    return this.call(this.#settings.initial(), record, ctx);
  }

  #keep(result: unknown, key: PartitionKey, ctx: StepContext, out: RecordBuffer): void {
    const answer = result instanceof First ? result.record : result;
    ctx.cells.write(this.#accumulators, key, answer === undefined ? nothing : answer);
    if (this.#settings.emit === "each") out.append(answer, key, undefined);
  }
}

/** The cell of an accumulator that is `undefined`, which is not the same as none. */
const nothing: unique symbol = Symbol.for("@sage-kernel/undefined") as never;

function accumulatorIn(cell: unknown): unknown {
  return cell === nothing ? undefined : cell;
}

/** A key's first record, which is data whatever it looks like: not even a `then` makes it a promise. */
class First {
  readonly record: unknown;

  constructor(record: unknown) {
    this.record = record;
  }
}
