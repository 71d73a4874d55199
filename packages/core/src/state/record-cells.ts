import { absent, type StateKey } from "./state-key.ts";
import type { StateTable } from "./state-table.ts";

/** Which record is being worked on: its place moves where records run one after the other. */
export interface Place {
  readonly index: number;
}

/**
 * What one record at a time changes in the state of its task. Reads see its own changes, then those of the records
 * before it. What a failed attempt changed is discarded; what a record that has settled changed becomes part of the
 * unit of work. A record changes few cells, one per name that it uses, so they stand in arrays.
 */
export class RecordCells {
  /** Whose changes these are. */
  place: Place;
  #index = -1;
  #count = 0;
  readonly #tables: StateTable[] = [];
  readonly #keys: StateKey[] = [];
  readonly #cells: unknown[] = [];

  constructor(place: Place) {
    this.place = place;
  }

  /** The cell of a key; `undefined` when there is none. */
  read(table: StateTable, key: StateKey): unknown {
    this.#turn();
    const at = this.#find(table, key);
    if (at < 0) return table.get(key);
    const cell = this.#cells[at];
    return cell === absent ? undefined : cell;
  }

  /** Sets the cell of a key; {@link absent} deletes it. */
  write(table: StateTable, key: StateKey, cell: unknown): void {
    this.#turn();
    let at = this.#find(table, key);
    if (at < 0) at = this.#count++;
    this.#tables[at] = table;
    this.#keys[at] = key;
    this.#cells[at] = cell;
  }

  /** Whether anything is changed that is not part of the unit. */
  get changed(): boolean {
    return this.#count > 0;
  }

  /** Whether the record at an index has changed anything that is not part of the unit. */
  changedAt(index: number): boolean {
    return this.#count > 0 && this.#index === index;
  }

  /** Makes the changes of a record that is done part of the unit; those of the record in place stay. */
  catchUp(): void {
    if (this.#count > 0 && this.#index !== this.place.index) this.accept();
  }

  /** Makes all changes part of the unit. */
  accept(): void {
    for (let i = 0; i < this.#count; i++) this.#table(i).put(this.#keys[i], this.#cells[i]);
    this.#clear();
  }

  /** Drops what the attempt at the record in place has changed. */
  discard(): void {
    if (this.#index === this.place.index) this.#clear();
  }

  /** Shows the changes to the records behind; they become part of the unit with {@link release}. */
  settle(): void {
    for (let i = 0; i < this.#count; i++) this.#table(i).settle(this.#keys[i], this.#cells[i], this);
  }

  /** Makes settled changes part of the unit. */
  release(): void {
    for (let i = 0; i < this.#count; i++) this.#table(i).release(this.#keys[i], this.#cells[i], this);
    this.#clear();
  }

  /** Takes over the changes of an attempt that had cells of its own. */
  adopt(other: RecordCells): void {
    for (let i = 0; i < other.#count; i++) this.write(other.#table(i), other.#keys[i], other.#cells[i]);
    other.#clear();
  }

  #turn(): void {
    const { index } = this.place;
    if (index === this.#index) return;
    if (this.#count > 0) this.accept();
    this.#index = index;
  }

  #table(at: number): StateTable {
    return this.#tables[at] as StateTable;
  }

  #find(table: StateTable, key: StateKey): number {
    for (let i = 0; i < this.#count; i++) {
      if (this.#tables[i] === table && this.#keys[i] === key) return i;
    }
    return -1;
  }

  #clear(): void {
    this.#count = 0;
    this.#tables.length = 0;
    this.#keys.length = 0;
    this.#cells.length = 0;
  }
}
