import type { Batch } from "../packet/batch.ts";
import type { RecordId } from "../state/commit.port.ts";

/**
 * The records that an earlier incarnation has done behind the position from where its successor reads again. Each is
 * kept until it has come again.
 */
export class AheadRecords {
  readonly #seqs = new Map<number, Set<number>>();

  constructor(records: readonly RecordId[]) {
    for (const [channel, seq] of records) {
      const seqs = this.#seqs.get(channel);
      if (seqs === undefined) this.#seqs.set(channel, new Set([seq]));
      else seqs.add(seq);
    }
  }

  /** True when all have come again. */
  get empty(): boolean {
    return this.#seqs.size === 0;
  }

  /** Those that have not come again. */
  get rest(): readonly RecordId[] {
    if (this.#seqs.size === 0) return none;
    return [...this.#seqs].flatMap(([channel, seqs]) => [...seqs].map((seq): RecordId => [channel, seq]));
  }

  /** How many records of a batch are among them, up to the `to`-th. */
  countIn(batch: Batch, to = batch.payloads.length): number {
    if (this.#seqs.size === 0) return 0;
    const seqs = this.#seqs.get(batch.channel);
    if (seqs === undefined) return 0;
    return batch.payloads.filter((_, index) => index < to && seqs.has(batch.firstSeq + index)).length;
  }

  /** Whether the record at a place of a batch is one of them; from then on it has come again. */
  take(batch: Batch, index: number): boolean {
    const seqs = this.#seqs.get(batch.channel);
    if (seqs === undefined || !seqs.delete(batch.firstSeq + index)) return false;
    if (seqs.size === 0) this.#seqs.delete(batch.channel);
    return true;
  }
}

const none: readonly RecordId[] = Object.freeze([]);
