import { isPromiseLike, type MaybePromise } from "../host/maybe-promise.ts";
import type { Batch } from "../packet/batch.ts";
import type { Headers } from "../packet/packet.ts";
import type { RecordBuffer } from "../packet/record-buffer.ts";
import { RequestShare, requestHeader, shareHeader } from "../service/request-share.ts";
import { ListCell } from "../state/list-cell.ts";
import type { StateKey } from "../state/state-key.ts";
import type { StateTable } from "../state/state-table.ts";
import { FunctionOperator } from "./function-operator.ts";
import type { Cursor, OpenRecord } from "./operator.port.ts";
import { runEach } from "./run-each.ts";
import type { StepContext } from "./step-context.ts";

/** One side of the join: its records by key, and the headers of those that have some, with their places. */
interface Side {
  readonly records: StateTable;
  readonly headers: StateTable;
}

/** A record's headers, and its place among the records of its key. */
type PlacedHeaders = readonly [place: number, headers: Headers];

/**
 * Inner join of two keyed inputs over all of their records: each record meets those with an equal key that came on
 * the other side before it. Both sides are the task's state. Once a side has ended the other one is not kept any
 * longer, since nobody will ask for it. A pair has the headers of both of its records; those of the later one count.
 */
export class JoinOperator extends FunctionOperator {
  readonly shares = true;
  #sides!: readonly [Side, Side];
  readonly #ended = [false, false];

  override open(ctx: StepContext): MaybePromise<void> {
    const { tables } = ctx.facts;
    const side = (i: number): Side => ({
      records: tables.table(`$join-${i}`),
      headers: tables.table(`$join-${i}-headers`),
    });
    this.#sides = [side(0), side(1)];
    return super.open(ctx);
  }

  run(batch: Batch, from: number, to: number, out: RecordBuffer, cursor: Cursor): void {
    runEach(this, batch, from, to, out, cursor);
  }

  override invoke({ payload, key, input, ctx }: OpenRecord): unknown {
    const others = ctx.cells.read(this.#side(1 - input).records, key) as ListCell<unknown> | undefined;
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
    const { key, ctx, input } = record;
    const pairs = (answers ?? []) as readonly unknown[];
    const { headers } = this.#side(1 - input);
    const placed = ctx.cells.read(headers, key) as ListCell<PlacedHeaders> | undefined;
    if (placed === undefined && record.headers === undefined) {
      this.#keep(record, undefined);
      for (const pair of pairs) if (pair !== undefined) out.append(pair, key, undefined);
      return false;
    }
    const count = pairs.filter((pair) => pair !== undefined).length;
    this.#keep(record, count > 0 ? withoutShare(record.headers) : record.headers);
    const earlier = new Map(placed);
    for (const [place, pair] of pairs.entries()) {
      if (pair !== undefined) out.append(pair, key, merged(record.headers, count, earlier.get(place)));
    }
    if (placed === undefined || count === 0) return false;
    const handedOn = [...placed].map(([place, own]): PlacedHeaders => {
      return [place, pairs[place] === undefined ? own : (withoutShare(own) as Headers)];
    });
    ctx.cells.write(headers, key, (ListCell.empty as ListCell<PlacedHeaders>).append(...handedOn));
    return false;
  }

  retains(input: number): boolean {
    return !this.#ended[1 - input];
  }

  override endInput(index: number): MaybePromise<void> {
    this.#ended[index] = true;
    const { records, headers } = this.#side(1 - index);
    for (const key of headers.keys()) this.#tell(1 - index, key, headers.get(key) as ListCell<PlacedHeaders>);
    records.clear();
    headers.clear();
    return super.endInput(index);
  }

  /** Records that have met nobody never will: their requests hear of it. */
  #tell(side: number, key: StateKey, placed: ListCell<PlacedHeaders>): void {
    const { requests, step, index } = this.ctx.facts;
    for (const [place, headers] of placed) {
      const at = `${side}:${typeof key}:${String(key)}:${place}`;
      requests?.dropped(headers, { node: `${step}#${index}`, place: at, why: "left without a partner" });
    }
  }

  #keep({ payload, key, input, ctx }: OpenRecord, headers: Headers | undefined): void {
    if (this.#ended[1 - input]) return;
    const side = this.#side(input);
    const records = (ctx.cells.read(side.records, key) as ListCell<unknown> | undefined) ?? ListCell.empty;
    ctx.cells.write(side.records, key, records.append(payload));
    if (headers === undefined) return;
    const known = ctx.cells.read(side.headers, key) as ListCell<PlacedHeaders> | undefined;
    const placed: PlacedHeaders = [records.length, headers];
    ctx.cells.write(side.headers, key, (known ?? ListCell.empty).append(placed));
  }

  #side(input: number): Side {
    return this.#sides[input] as Side;
  }
}

/** The headers of one of `count` pairs of a record. Where both sides stem from one request, it has the shares of both. */
function merged(
  later: Headers | undefined,
  count: number,
  earlier: Headers | undefined,
): Headers | undefined {
  if (later?.[requestHeader] === undefined) return later === undefined ? earlier : { ...earlier, ...later };
  const part = RequestShare.of(later).dividedBy(count);
  const both = earlier?.[requestHeader] === later[requestHeader];
  const share = both ? part.plus(RequestShare.of(earlier)) : part;
  return { ...earlier, ...later, [shareHeader]: share.toString() };
}

/** The headers of a record whose share in its request others have now. */
function withoutShare(headers: Headers | undefined): Headers | undefined {
  if (headers?.[requestHeader] === undefined) return headers;
  return { ...headers, [shareHeader]: RequestShare.none.toString() };
}
