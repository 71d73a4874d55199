import { isPromiseLike } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { Cursor, OpenRecord } from "./operator.port.ts";
import { runEach } from "./run-each.ts";

type Side = Map<PartitionKey, unknown[]>;

/**
 * Inner join of two keyed inputs over all of their records: each record meets those with an equal key that came on
 * the other side before it. Once a side has ended the other one is not kept any longer, since nobody will ask for it.
 */
export class JoinOperator extends FunctionOperator {
  readonly #sides: readonly [Side, Side] = [new Map(), new Map()];
  readonly #ended = [false, false];
  #last: { readonly side: Side; readonly key: PartitionKey } | undefined;

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    runEach(this, batch, from, to, out, cursor);
  }

  override invoke({ payload, key, input, ctx }: OpenRecord): unknown {
    const others = this.#sides[1 - input]?.get(key as PartitionKey);
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

  apply(answers: unknown, { payload, key, input }: OpenRecord, out: RecordBuffer): boolean {
    this.#keep(payload, key as PartitionKey, input);
    for (const answer of (answers ?? []) as readonly unknown[]) {
      if (answer !== undefined) out.append(answer, key, undefined);
    }
    return false;
  }

  override undo(): void {
    if (this.#last === undefined) return;
    const { side, key } = this.#last;
    const records = side.get(key) as unknown[];
    records.pop();
    if (records.length === 0) side.delete(key);
    this.#last = undefined;
  }

  override endInput(index: number) {
    this.#ended[index] = true;
    this.#sides[1 - index]?.clear();
    return super.endInput(index);
  }

  #keep(payload: unknown, key: PartitionKey, input: number): void {
    this.#last = undefined;
    if (this.#ended[1 - input]) return;
    const side = this.#sides[input] as Side;
    const records = side.get(key);
    if (records === undefined) side.set(key, [payload]);
    else records.push(payload);
    this.#last = { side, key };
  }
}
