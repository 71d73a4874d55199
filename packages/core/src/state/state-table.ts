import { isExpired } from "./expiring.ts";
import { absent, type StateKey } from "./state-key.ts";
import type { StoredCells } from "./state-reader.port.ts";
import { TtlSweep } from "./ttl-sweep.ts";

/** What one unit of work changes in a table. */
export interface TableChanges {
  /** Name of the table. */
  readonly table: string;
  /** Whether everything in it goes before the cells are set. */
  readonly cleared: boolean;
  /** New cells by key; {@link absent} deletes. */
  readonly cells: ReadonlyMap<StateKey, unknown>;
}

interface Settled {
  readonly cell: unknown;
  readonly owner: object;
}

/**
 * One table of a task's state as its incarnation sees it: the committed cells, behind what settled records and the
 * unit of work have changed. Nothing here touches the store, so an incarnation that is dropped leaves no trace.
 */
export class StateTable {
  readonly name: string;
  readonly #stored: StoredCells;
  /** Changes of the unit that is being put together. */
  #unit = new Map<StateKey, unknown>();
  #cleared = false;
  /** Changes of the unit that is being committed. */
  #committing: { readonly cells: ReadonlyMap<StateKey, unknown>; readonly cleared: boolean } | undefined;
  /** Changes of records that have settled and that no unit may have yet, since an earlier record has not. */
  readonly #settled = new Map<StateKey, Settled>();
  /** Settled records whose changes were cleared before they became part of a unit. */
  readonly #voided = new WeakSet<object>();
  #sweep: TtlSweep | undefined;

  constructor(name: string, stored: StoredCells) {
    this.name = name;
    this.#stored = stored;
  }

  /** Says that cells here may expire: each unit deletes some of those that have. */
  expires(): void {
    this.#sweep ??= new TtlSweep(this.#stored);
  }

  /** Deletes some of the cells that have expired by `now`, where any may. */
  sweep(now: () => number): void {
    if (this.#sweep === undefined) return;
    const time = now();
    for (const key of this.#sweep.expired(time)) if (isExpired(this.get(key), time)) this.put(key, absent);
  }

  /** Whether the unit changes anything here. */
  get changed(): boolean {
    return this.#unit.size > 0 || this.#cleared;
  }

  /** The cell of a key; `undefined` when there is none. */
  get(key: StateKey): unknown {
    if (this.#settled.size > 0) {
      const settled = this.#settled.get(key);
      if (settled !== undefined) return present(settled.cell);
    }
    return this.released(key);
  }

  /** The cell of a key without what settled records wait with. */
  protected released(key: StateKey): unknown {
    const cell = this.#unit.get(key);
    if (cell !== undefined) return present(cell);
    return this.#cleared ? undefined : this.#committed(key);
  }

  /** Makes a change part of the unit; {@link absent} deletes. */
  put(key: StateKey, cell: unknown): void {
    this.#unit.set(key, cell);
  }

  /** Deletes every cell. */
  clear(): void {
    this.#unit.clear();
    for (const { owner } of this.#settled.values()) this.#voided.add(owner);
    this.#settled.clear();
    this.#cleared = true;
  }

  /** Shows a settled record's change to the records behind it; `owner` stands for the record. */
  settle(key: StateKey, cell: unknown, owner: object): void {
    this.#settled.set(key, { cell, owner });
  }

  /** Makes a settled record's change part of the unit. */
  release(key: StateKey, cell: unknown, owner: object): void {
    if (this.#voided.has(owner)) return;
    this.put(key, cell);
    if (this.#settled.get(key)?.owner === owner) this.#settled.delete(key);
  }

  /** The keys that have a cell. */
  *keys(): Generator<StateKey> {
    const seen = new Set<StateKey>();
    for (const changes of [this.#settled, this.#unit, this.#cleared ? undefined : this.#committing?.cells]) {
      for (const key of changes?.keys() ?? []) seen.add(key);
    }
    if (!this.#cleared && this.#committing?.cleared !== true) {
      for (const [key] of this.#stored.entries()) if (!seen.has(key)) yield key;
    }
    for (const key of seen) if (this.get(key) !== undefined) yield key;
  }

  /** Hands the unit's changes over to a commit and begins the next unit. */
  take(): TableChanges {
    const changes = { table: this.name, cleared: this.#cleared, cells: this.#unit };
    this.#committing = changes;
    this.#unit = new Map();
    this.#cleared = false;
    return changes;
  }

  /** The changes that were taken are in the store now. */
  committed(): void {
    this.#committing = undefined;
  }

  #committed(key: StateKey): unknown {
    const { cells, cleared } = this.#committing ?? {};
    const cell = cells?.get(key);
    if (cell !== undefined) return present(cell);
    return cleared === true ? undefined : this.#stored.get(key);
  }
}

function present(cell: unknown): unknown {
  return cell === absent ? undefined : cell;
}
