import type { JsonValue } from "@sage-kernel/core";
import {
  absent,
  Batch,
  decodeKey,
  encodeKey,
  type LedgerCounts,
  type Output,
  type Queue,
  type RecordId,
  type StateKey,
  type StopSignal,
  type TableChanges,
  TaskLedger,
  type UnitOfWork,
} from "@sage-kernel/core/spi";
import { Packr, Unpackr } from "msgpackr";
import type { BatchCodec } from "./batch-codec.ts";
import { readCell, writeCell } from "./cell-codec.ts";
import { readLetter, writeLetter } from "./dead-letter-codec.ts";

/** How far a batch moves its channel; nobody needs its records. */
type Mark = readonly [channel: number, firstSeq: number, records: number, stop: StopSignal | null];
/** A batch for a queue of the store's own, by the queue's id; or a mark of one that goes elsewhere. */
type OutputFields = readonly [queue: string | null, batch: Uint8Array | Mark];
type TableFields = readonly [
  table: string,
  cleared: boolean,
  cells: readonly (readonly [string, string | null])[],
];

/** What is written, in this order. */
type Fields = readonly [
  epoch: number,
  sequence: number,
  attempt: number,
  position: readonly [JsonValue] | null,
  consumed: readonly Mark[],
  ahead: readonly RecordId[],
  outputs: readonly OutputFields[],
  letters: readonly string[],
  collected: Uint8Array | null,
  state: readonly TableFields[],
  handedOut: number,
  finished: boolean,
  ledger: LedgerCounts,
];

/**
 * Writes units of work as bytes and reads them, for a store in another process that has queues of its own.
 */
export class UnitCodec {
  readonly #records: BatchCodec;
  readonly #packr = new Packr({ useRecords: false });
  readonly #unpackr = new Unpackr({ useRecords: false });

  constructor(records: BatchCodec) {
    this.#records = records;
  }

  /**
   * The bytes of a unit. `ownId` tells the id of a queue of the store's own; what goes to others is left out.
   *
   * @throws SageError `NOT_SERIALIZABLE`, `STATE_INVALID`.
   */
  encode(unit: UnitOfWork, ownId: (queue: Queue) => string | undefined): Uint8Array {
    const { epoch, sequence, attempt, position, consumed, ahead, outputs, deadLetters, collected } = unit;
    const fields: Fields = [
      ...([epoch, sequence, attempt] as const),
      position === undefined ? null : [position],
      consumed.map(markOf),
      ahead,
      outputs.map(({ queue, batch }): OutputFields => {
        const id = ownId(queue);
        return id === undefined ? [null, markOf(batch)] : [id, this.#records.encode(batch)];
      }),
      deadLetters.map(writeLetter),
      collected.length === 0 ? null : this.#records.encode(new Batch(0, 0, collected)),
      unit.state.map(({ table, cleared, cells }): TableFields => {
        const written = [...cells].map(([key, cell]) => {
          return [JSON.stringify(encodeKey(key)), cell === absent ? null : writeCell(table, cell)] as const;
        });
        return [table, cleared, written];
      }),
      ...([unit.handedOut, unit.finished, unit.ledger.toJSON()] as const),
    ];
    return this.#packr.pack(fields);
  }

  /**
   * The unit that was written; `own` finds a queue by its id, and batches for others go nowhere.
   *
   * @throws Error for anything else.
   */
  decode(bytes: Uint8Array, own: (id: string) => Queue): UnitOfWork {
    const [epoch, sequence, attempt, position, consumed, ahead, outputs, letters, collected, state, ...rest] =
      this.#unpackr.unpack(bytes) as Fields;
    const [handedOut, finished, counts] = rest;
    const ledger = new TaskLedger();
    ledger.add(counts);
    return {
      ...{ epoch, sequence, attempt, position: position?.[0], ahead, handedOut, finished, ledger },
      consumed: consumed.map(batchOf),
      outputs: outputs.map(([id, batch]) => {
        if (id === null) return { queue: nowhere, batch: batchOf(batch as Mark) } as unknown as Output;
        return { queue: own(id), batch: this.#records.decode(batch as Buffer, id) } as unknown as Output;
      }),
      deadLetters: letters.map(readLetter),
      collected: collected === null ? [] : this.#records.decode(collected as Buffer, "collected").payloads,
      state: state.map(([table, cleared, cells]): TableChanges => {
        const read = cells.map(([key, cell]): [StateKey, unknown] => {
          return [decodeKey(JSON.parse(key) as JsonValue), cell === null ? absent : readCell(cell)];
        });
        return { table, cleared, cells: new Map(read) };
      }),
    };
  }
}

/** What goes to queues that are not the store's own, it takes for delivered. */
const nowhere = { offer: () => true } as unknown as Queue;

function markOf({ channel, firstSeq, payloads, stop }: Batch): Mark {
  return [channel, firstSeq, payloads.length, stop ?? null];
}

function batchOf([channel, firstSeq, records, stop]: Mark): Batch {
  const payloads = new Array<unknown>(records);
  return new Batch(channel, firstSeq, payloads, undefined, undefined, stop ?? undefined);
}
