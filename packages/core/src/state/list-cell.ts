/**
 * An immutable list to which appending is cheap. The versions of a list share one growing array, of which each sees
 * its own first part. So an older version also keeps alive what newer ones appended.
 */
export class ListCell<T> implements Iterable<T> {
  /** The list without items. */
  static readonly empty: ListCell<never> = new ListCell(Object.freeze([]) as unknown as never[], 0);

  /** Number of items. */
  readonly length: number;
  /** May be longer than this version; it is never changed below that. */
  readonly #shared: T[];

  private constructor(shared: T[], length: number) {
    this.#shared = shared;
    this.length = length;
  }

  /**
   * A list with these items behind those of this one; the same list when there are none. The newest version of a list
   * pays for the new items only; an older one that has been appended to before is copied first.
   */
  append(...items: readonly T[]): ListCell<T> {
    if (items.length === 0) return this;
    // The empty list is everybody's, so its array is nobody's to fill.
    const newest = this.length > 0 && this.#shared.length === this.length;
    const shared = newest ? this.#shared : this.toArray();
    for (const item of items) shared.push(item);
    return new ListCell(shared, shared.length);
  }

  /** The item at an index from 0, or from -1 for the last one backwards; `undefined` outside of the list. */
  at(index: number): T | undefined {
    const place = index < 0 ? this.length + index : index;
    return place < this.length ? this.#shared[place] : undefined;
  }

  /** The items in order. */
  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.length; i++) yield this.#shared[i] as T;
  }

  /** A copy of the items, in order; the caller may change it. */
  toArray(): T[] {
    return this.#shared.slice(0, this.length);
  }
}
