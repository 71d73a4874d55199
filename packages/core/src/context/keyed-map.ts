import { describeValue, SageError } from "../errors/sage-error.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import { MapCell } from "../state/map-cell.ts";
import type { CellCodec } from "../state/state-codec.ts";
import type { MapState } from "./state-access.ts";
import type { StateSlot } from "./state-slot.ts";

/** A map in the cells of a table. */
export class KeyedMap<K extends PartitionKey, V> implements MapState<K, V> {
  readonly #name: string;
  readonly #slot: StateSlot<MapCell<unknown>>;
  readonly #codec: CellCodec<V>;

  /** The name is for error messages. */
  constructor(name: string, slot: StateSlot<MapCell<unknown>>, codec: CellCodec<V>) {
    this.#name = name;
    this.#slot = slot;
    this.#codec = codec;
  }

  get size(): number {
    return this.#cell().size;
  }

  get(key: K): V | undefined {
    const stored = this.#cell().get(key);
    return stored === undefined ? undefined : this.#codec.load(stored);
  }

  has(key: K): boolean {
    return this.#cell().has(key);
  }

  set(key: K, value: V): void {
    this.#slot.require();
    if (!isKey(key)) {
      throw new SageError("STATE_INVALID", { name: this.#name, path: "key", got: describeValue(key) });
    }
    const stored = this.#codec.store(value);
    this.#slot.write(this.#cell().set(key, stored));
  }

  delete(key: K): void {
    const cell = this.#cell();
    const smaller = cell.delete(key);
    if (smaller.size === 0) this.#slot.clear();
    else if (smaller !== cell) this.#slot.write(smaller);
  }

  entries(): Iterable<readonly [K, V]> {
    return loaded<K, V>(this.#cell(), this.#codec);
  }

  clear(): void {
    this.#slot.clear();
  }

  #cell(): MapCell<unknown> {
    return this.#slot.read() ?? MapCell.empty;
  }
}

function isKey(key: unknown): boolean {
  if (typeof key === "number") return Number.isFinite(key);
  return key === null || typeof key === "string" || typeof key === "boolean" || typeof key === "bigint";
}

function* loaded<K, V>(cell: MapCell<unknown>, codec: CellCodec<V>): Generator<readonly [K, V]> {
  for (const [key, stored] of cell) yield [key as K, codec.load(stored)];
}
