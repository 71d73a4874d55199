import { writeCell, writeLetter } from "@sage-kernel/codec";
import { Batch, encodeKey, type StateKey, type TaskContents, type TaskRecord } from "@sage-kernel/core/spi";
import type { HubRequest } from "./hub-client-ref.ts";
import type { StoreCodecs } from "./store-codecs.ts";

type Tell = HubRequest["event"];
type WrittenCell = [key: string, cell: string];

/** Cells, records or letters that are told at once, and characters of them where there is more than one. */
const most = 2000;
const mostCharacters = 4 * 1024 * 1024;

/** Tells all cells of a task's tables. */
export function tellTables(record: TaskRecord, event: Tell): void {
  for (const table of record.names()) {
    const piece = inPieces(written(table, record.table(table).entries()), sizeOf);
    for (const cells of piece) event({ table, cells });
  }
}

/** All cells of tables as they are written, in pieces that fit a message each. */
export function* tablesInPieces(tables: TaskContents["tables"]): Iterable<[string, WrittenCell[]][]> {
  const all = function* (): Iterable<{ readonly table: string; readonly cell: WrittenCell }> {
    for (const [table, cells] of tables) for (const cell of written(table, cells)) yield { table, cell };
  };
  for (const some of inPieces(all(), ({ cell }) => sizeOf(cell))) {
    const piece = new Map<string, WrittenCell[]>();
    for (const { table, cell } of some) {
      const cells = piece.get(table) ?? [];
      cells.push(cell);
      piece.set(table, cells);
    }
    yield [...piece];
  }
}

function* written(table: string, cells: Iterable<readonly [StateKey, unknown]>): Iterable<WrittenCell> {
  for (const [key, cell] of cells) yield [JSON.stringify(encodeKey(key)), writeCell(table, cell)];
}

const sizeOf = ([key, cell]: WrittenCell): number => key.length + cell.length;

/** Tells dead letters. */
export function tellLetters(letters: readonly Parameters<typeof writeLetter>[0][], event: Tell): void {
  for (const some of inPieces(letters.map(writeLetter), ({ length }) => length)) event({ letters: some });
}

/** Tells what a step has collected. */
export function tellRecords(scope: StoreCodecs, records: readonly unknown[], event: Tell): void {
  for (let from = 0; from < records.length; from += most)
    tellSome(scope, records.slice(from, from + most), event);
}

/** Tells records at once, or each half of them where they are too large for that. */
function tellSome(scope: StoreCodecs, records: readonly unknown[], event: Tell): void {
  const collected = scope.writeBatch(new Batch(0, 0, records));
  if (collected.length <= mostCharacters || records.length === 1) {
    event({ collected });
    return;
  }
  const half = Math.ceil(records.length / 2);
  tellSome(scope, records.slice(0, half), event);
  tellSome(scope, records.slice(half), event);
}

function* inPieces<T>(all: Iterable<T>, size: (one: T) => number): Iterable<T[]> {
  let piece: T[] = [];
  let characters = 0;
  for (const one of all) {
    if (piece.length > 0 && characters + size(one) > mostCharacters) {
      yield piece;
      piece = [];
      characters = 0;
    }
    piece.push(one);
    characters += size(one);
    if (piece.length < most) continue;
    yield piece;
    piece = [];
    characters = 0;
  }
  if (piece.length > 0) yield piece;
}
