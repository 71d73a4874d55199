import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { ListCell } from "../state/list-cell.ts";
import type { StateTable } from "../state/state-table.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { Cursor, OpenRecord } from "./operator.port.ts";
import { runEach } from "./run-each.ts";
import type { StepContext } from "./step-context.ts";

/**
 * Inner join of two keyed inputs over all of their records: each record meets those with an equal key that came on
 * the other side before it. Both sides are the task's state. Once a side has ended the other one is not kept any
 * longer, since nobody will ask for it.
 */
export class JoinOperator extends FunctionOperator {
  #sides!: readonly [StateTable, StateTable];
  readonly #ended = [false, false];

  override open(ctx: StepContext): MaybePromise<void> {
    const { tables } = ctx.facts;
    this.#sides = [tables.table("$join-0"), tables.table("$join-1")];
    return super.open(ctx);
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    runEach(this, batch, from, to, out, cursor);
  }

  override invoke({ payload, key, input, ctx }: OpenRecord): unknown {
    const others = ctx.cells.read(this.#side(1 - input), key) as ListCell<unknown> | undefined;
    if (others === undefined) return undefined;
    const answers: unknown[] = [];
    try {
      for (const other of others)
        answers.push(input === 0 ? this.call(payload, other, ctx) : this.call(other, payload, ctx));
    } catch (error) {
      // The record has failed; what its other pairs come to is of no interest, and no unhandled rejection.
      for (const answer of answers) if (isPromiseLike(answer)) answer.then(undefined, () => undefined);
      throw error;
    }
    return answers.some(isPromiseLike) ? Promise.all(answers) : answers;
  }

  apply(answers: unknown, record: OpenRecord, out: RecordBuffer): boolean {
    this.#keep(record);
    for (const answer of (answers ?? []) as readonly unknown[]) {
      if (answer !== undefined) out.append(answer, record.key, undefined);
    }
    return false;
  }

  override endInput(index: number): MaybePromise<void> {
    this.#ended[index] = true;
    this.#side(1 - index).clear();
    return super.endInput(index);
  }

  #keep({ payload, key, input, ctx }: OpenRecord): void {
    if (this.#ended[1 - input]) return;
    const side = this.#side(input);
    const records = (ctx.cells.read(side, key) as ListCell<unknown> | undefined) ?? ListCell.empty;
    ctx.cells.write(side, key, records.append(payload));
  }

  #side(input: number): StateTable {
    return this.#sides[input] as StateTable;
  }
}
