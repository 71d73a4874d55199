import type { PartitionKey } from "../packet/partition-key.ts";

/** Children of a node of a tree: two to the power of `bits`. */
const branches = 32;
const bits = 5;

/**
 * An immutable map in the order in which its keys were first set. Setting a key again keeps its place; deleting it and
 * setting it again moves it to the end. Reading and changing cost about the logarithm of the size.
 *
 * The entries stand in a tree by their places. The versions of a map share one index that gives each key a number; a
 * second tree says at which place a version has the key of a number, if it has it.
 */
export class MapCell<V> implements Iterable<readonly [PartitionKey, V]> {
  /** The map without entries. */
  static readonly empty: MapCell<never> = new MapCell<never>(0, layoutOf<never>([]));

  /** Number of entries. */
  readonly size: number;
  #layout: Layout<V>;

  private constructor(size: number, layout: Layout<V>) {
    this.size = size;
    this.#layout = layout;
  }

  /** The value of a key; `undefined` when the key is absent. */
  get(key: PartitionKey): V | undefined {
    const place = placeOf(this.#layout, key);
    return place === undefined ? undefined : itemAt(this.#layout.entries, place)?.[1];
  }

  /** Whether the key is there. */
  has(key: PartitionKey): boolean {
    return placeOf(this.#layout, key) !== undefined;
  }

  /** A map in which the key has this value. */
  set(key: PartitionKey, value: V): MapCell<V> {
    const layout = this.#roomy();
    const { numbers, places, entries, end } = layout;
    const entry: Entry<V> = [key === 0 ? 0 : key, value]; // -0 becomes 0, as in a Map
    const place = placeOf(layout, key);
    if (place !== undefined) {
      return new MapCell(this.size, { numbers, places, entries: withItem(entries, place, entry), end });
    }
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return new MapCell(this.size + 1, {
      numbers,
      places: withItem(places, number, end),
      entries: withItem(entries, end, entry),
      end: end + 1,
    });
  }

  /** A map without the key; the same map when the key is absent. */
  delete(key: PartitionKey): MapCell<V> {
    if (!this.has(key)) return this;
    if (this.size === 1) return MapCell.empty;
    const layout = this.#roomy();
    const { numbers, places, entries, end } = layout;
    return new MapCell(this.size - 1, {
      numbers,
      places: withItem(places, numbers.get(key) as number, undefined),
      entries: withItem(entries, placeOf(layout, key) as number, undefined),
      end,
    });
  }

  /** The entries in order. */
  *entries(): Generator<readonly [PartitionKey, V]> {
    const { root, shift } = this.#layout.entries;
    for (const leaf of leaves<Entry<V>>(root, shift)) {
      for (const entry of leaf) if (entry !== undefined) yield [entry[0], entry[1]];
    }
  }

  /** The entries in order. */
  [Symbol.iterator](): Generator<readonly [PartitionKey, V]> {
    return this.entries();
  }

  /**
   * The layout, renewed before a change when it is mostly keys and places that this version lacks. The version keeps
   * the new one: otherwise all that branches off it would pay for another.
   */
  #roomy(): Layout<V> {
    if (this.size === 0) return layoutOf<V>([]); // the empty map is everybody's, so it lends its index to nobody
    const { numbers, end } = this.#layout;
    if (Math.max(numbers.size, end) > 2 * this.size + branches) this.#layout = layoutOf([...this]);
    return this.#layout;
  }
}

type Entry<V> = readonly [PartitionKey, V];

interface Layout<V> {
  /** The numbers of the keys of all versions; shared by them, and only ever added to. */
  readonly numbers: Map<PartitionKey, number>;
  /** By its number, the place of each key that this version has. */
  readonly places: Tree<number>;
  /** By their places, the entries of this version. */
  readonly entries: Tree<Entry<V>>;
  /** The place of the next new entry. */
  readonly end: number;
}

function layoutOf<V>(entries: readonly Entry<V>[]): Layout<V> {
  return {
    numbers: new Map(entries.map(([key], i) => [key, i])),
    places: treeOf(entries.map((_, i) => i)),
    entries: treeOf(entries),
    end: entries.length,
  };
}

function placeOf(layout: Layout<unknown>, key: PartitionKey): number | undefined {
  const number = layout.numbers.get(key);
  return number === undefined ? undefined : itemAt(layout.places, number);
}

/** A leaf, which has items, or a node above, which has nodes. */
type Node<T> = readonly (Node<T> | T | undefined)[];

/** An immutable array with holes, cut into leaves of 32 items; a change copies the nodes above the item only. */
interface Tree<T> {
  readonly root: Node<T>;
  /** How many low bits of an index are decided below the root: 0 when the root is a leaf. */
  readonly shift: number;
}

function treeOf<T>(items: readonly T[]): Tree<T> {
  let root: Node<T> = items;
  let shift = 0;
  for (; root.length > branches; shift += bits) {
    const below = root;
    root = Array.from({ length: Math.ceil(below.length / branches) }, (_, i) =>
      below.slice(i * branches, (i + 1) * branches),
    );
  }
  return { root, shift };
}

function itemAt<T>(tree: Tree<T>, index: number): T | undefined {
  let { root: node, shift } = tree;
  if (index >>> (shift + bits) > 0) return undefined;
  for (; shift > 0; shift -= bits) {
    const child = node[(index >>> shift) % branches] as Node<T> | undefined;
    if (child === undefined) return undefined;
    node = child;
  }
  return node[index % branches] as T | undefined;
}

/** A tree with this item at the index; `undefined` makes a hole. */
function withItem<T>(tree: Tree<T>, index: number, item: T | undefined): Tree<T> {
  let { root, shift } = tree;
  for (; index >>> (shift + bits) > 0; shift += bits) root = [root];
  return { root: withIn(root, shift, index, item) ?? [], shift };
}

/** The same for one node; `undefined` when nothing is left in it, so that readers skip it as a whole. */
function withIn<T>(node: Node<T>, shift: number, index: number, item: T | undefined): Node<T> | undefined {
  const copy = node.slice();
  const at = (index >>> shift) % branches;
  copy[at] = shift === 0 ? item : withIn((copy[at] as Node<T> | undefined) ?? [], shift - bits, index, item);
  return copy[at] === undefined && copy.every((child) => child === undefined) ? undefined : copy;
}

function* leaves<T>(node: Node<T>, shift: number): Generator<readonly (T | undefined)[]> {
  if (shift === 0) yield node as readonly (T | undefined)[];
  else for (const child of node) if (child !== undefined) yield* leaves<T>(child as Node<T>, shift - bits);
}
