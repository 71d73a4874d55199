import type { PartitionKey } from "../packet/partition-key.ts";
import type { StateOptions } from "../state/state-codec.ts";

/**
 * The state of a step, by names. Each name stands for one value, list, map or counter of each key.
 *
 * - A handle is of one record's context. It belongs to the key of the current record; on a step without keys it
 *   belongs to the task instance. No record sees the state of another key.
 * - What a failed attempt at a record changed is undone before the next one.
 * - Values are copied in and out: changing an object changes nothing until it is set.
 * - Names are 1 to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit. One name is one kind of
 *   state, and has the same codec, schema and `ttlMs` wherever it is used: make a codec or a schema once, outside of
 *   the function.
 * - `ttlMs` is counted from the last write by the runtime's clock. An expired value is gone exactly at `ttlMs`, never
 *   before. A list, a map or a counter expires as a whole, and any write to it renews all of it.
 *
 * Every method, here and of the handles, raises `STATE_UNAVAILABLE` where there is no state.
 */
export interface StateAccess {
  /**
   * One value for each key.
   *
   * @throws SageError `INVALID_OPTION` for a name or a `ttlMs` that cannot be; `STATE_UNAVAILABLE` when the name is
   * another kind of state already, or has other options.
   */
  value<T>(name: string, options?: StateOptions<T>): ValueState<T>;
  /** A list for each key; the options are about one item, and `ttlMs` about the list. Raises what `value` does. */
  list<T>(name: string, options?: StateOptions<T>): ListState<T>;
  /** A map for each key; the options are about one value, and `ttlMs` about the map. Raises what `value` does. */
  map<K extends PartitionKey, V>(name: string, options?: StateOptions<V>): MapState<K, V>;
  /** A number for each key, which begins with 0. Raises what `value` does. */
  counter(name: string, options?: Pick<StateOptions<number>, "ttlMs">): CounterState;
}

/** One value of the current key. */
export interface ValueState<T> {
  /** A copy of the value; `undefined` when there is none, or when it has expired. */
  get(): T | undefined;
  /**
   * Keeps a copy of the value.
   *
   * @throws SageError `STATE_INVALID` for what cannot be kept, `undefined` included; the value stays as it was.
   */
  set(value: T): void;
  /** Sets what `change` makes of the value, or of `undefined`, and answers what `get` would now. Raises what `set` does. */
  update(change: (value: T | undefined) => T): T;
  /** Deletes the value; no effect when there is none. */
  delete(): void;
}

/** A list of the current key. A list without items and no list are the same. */
export interface ListState<T> {
  /** Number of items; 0 when the list has expired. */
  readonly length: number;
  /**
   * Adds copies of the items at the end. Without items it changes nothing and renews nothing.
   *
   * @throws SageError `STATE_INVALID` when an item cannot be kept; then none is added.
   */
  append(...items: readonly T[]): void;
  /** Copies of all items, in order. */
  get(): T[];
  /** Copies of the items, one by one, of the list as it is now: what changes meanwhile is not seen. */
  [Symbol.iterator](): Iterator<T>;
  /**
   * Keeps copies of these items instead of what was there.
   *
   * @throws SageError `STATE_INVALID` when an item cannot be kept; the list stays as it was.
   */
  set(items: readonly T[]): void;
  /** Deletes all items. */
  clear(): void;
}

/**
 * A map of the current key, in the order in which its keys were first set. Reading and changing one entry costs about
 * the logarithm of the size. A map without entries and no map are the same.
 */
export interface MapState<K extends PartitionKey, V> {
  /** Number of entries; 0 when the map has expired. */
  readonly size: number;
  /** A copy of the value of a key; `undefined` when the key is absent. */
  get(key: K): V | undefined;
  /** Whether the key is there. */
  has(key: K): boolean;
  /**
   * Keeps a copy of the value. A key that is there keeps its place.
   *
   * @throws SageError `STATE_INVALID` for a key or a value that cannot be kept; the map stays as it was.
   */
  set(key: K, value: V): void;
  /** Deletes a key. When it is absent, this changes nothing and renews nothing. */
  delete(key: K): void;
  /** Copies of the entries, of the map as it is now: what changes meanwhile is not seen. To be iterated once. */
  entries(): Iterable<readonly [K, V]>;
  /** Deletes all entries. */
  clear(): void;
}

/** A number of the current key. */
export interface CounterState {
  /** The number; 0 when nothing was added, or when it has expired. */
  readonly value: number;
  /**
   * Adds `by`, which is 1 unless given and may be negative, and answers the new value.
   *
   * @throws SageError `STATE_INVALID` when `by` or the new value is no finite number; the counter stays as it was.
   */
  add(by?: number): number;
  /** Makes it 0. */
  reset(): void;
}
