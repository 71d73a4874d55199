import { ListCell } from "../state/list-cell.ts";
import type { CellCodec } from "../state/state-codec.ts";
import type { ListState } from "./state-access.ts";
import type { StateSlot } from "./state-slot.ts";

/** Items that one call can take as arguments without a strain on any stack. */
const pieceItems = 1024;

/** A list in the cells of a table. */
export class KeyedList<T> implements ListState<T> {
  readonly #slot: StateSlot<ListCell<unknown>>;
  readonly #codec: CellCodec<T>;

  constructor(slot: StateSlot<ListCell<unknown>>, codec: CellCodec<T>) {
    this.#slot = slot;
    this.#codec = codec;
  }

  get length(): number {
    return this.#cell().length;
  }

  append(...items: readonly T[]): void {
    const stored = this.#stored(items);
    const cell = this.#cell();
    if (stored.length > 0) this.#slot.write(grown(cell, stored));
  }

  get(): T[] {
    return [...this];
  }

  [Symbol.iterator](): Iterator<T> {
    return loaded(this.#cell(), this.#codec);
  }

  set(items: readonly T[]): void {
    const stored = this.#stored(items);
    if (stored.length > 0) this.#slot.write(grown(ListCell.empty, stored));
    else this.#slot.clear();
  }

  clear(): void {
    this.#slot.clear();
  }

  #cell(): ListCell<unknown> {
    return this.#slot.read() ?? ListCell.empty;
  }

  /** All of them before any is kept, so that a refused one leaves the list alone. */
  #stored(items: readonly T[]): unknown[] {
    this.#slot.require();
    const stored: unknown[] = [];
    for (const item of items) stored.push(this.#codec.store(item));
    return stored;
  }
}

function grown(cell: ListCell<unknown>, items: readonly unknown[]): ListCell<unknown> {
  let longer = cell;
  for (let i = 0; i < items.length; i += pieceItems) {
    longer = longer.append(...items.slice(i, i + pieceItems));
  }
  return longer;
}

function* loaded<T>(cell: ListCell<unknown>, codec: CellCodec<T>): Generator<T> {
  for (const item of cell) yield codec.load(item);
}
