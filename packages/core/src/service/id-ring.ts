const smallest = 1024;

/**
 * Things by numbers that go up, of which each stays for a while: a ring of slots, with the few that stay for longer than
 * a round set aside. A `Map` does the same, but one whose keys are ever new rebuilds its table all the time, and the old
 * tables keep what is gone alive until a full garbage collection.
 */
export class IdRing<T> {
  #slots = new Array<T | undefined>(smallest).fill(undefined);
  #ids = new Array<number>(smallest).fill(-1);
  readonly #aside = new Map<number, T>();
  #size = 0;

  /** How many things are inside. */
  get size(): number {
    return this.#size;
  }

  /** Adds a thing under a number of at least 0 that is not in use. */
  add(id: number, thing: T): void {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    this.#size++;
    this.#put(id, thing);
  }

  /** The thing with this number, if there is one. */
  get(id: number): T | undefined {
    if (typeof id !== "number") return undefined; // what comes from elsewhere may be anything
    const slot = id & (this.#slots.length - 1);
    if (this.#ids[slot] === id) return this.#slots[slot];
    return this.#aside.size === 0 ? undefined : this.#aside.get(id);
  }

  /** Takes the thing with this number out. */
  take(id: number): T | undefined {
    const thing = this.get(id);
    if (thing === undefined) return undefined;
    const slot = id & (this.#slots.length - 1);
    if (this.#ids[slot] === id) {
      this.#slots[slot] = undefined;
      this.#ids[slot] = -1;
    } else this.#aside.delete(id);
    this.#size--;
    return thing;
  }

  /** All things, by their numbers. */
  values(): T[] {
    return this.#entries()
      .sort(([a], [b]) => a - b)
      .map(([, thing]) => thing);
  }

  #put(id: number, thing: T): void {
    const slot = id & (this.#slots.length - 1);
    const old = this.#slots[slot];
    if (old !== undefined) this.#aside.set(this.#ids[slot] as number, old);
    this.#slots[slot] = thing;
    this.#ids[slot] = id;
  }

  #grow(): void {
    const entries = this.#entries();
    const length = this.#slots.length * 2;
    this.#slots = new Array<T | undefined>(length).fill(undefined);
    this.#ids = new Array<number>(length).fill(-1);
    this.#aside.clear();
    for (const [id, thing] of entries) this.#put(id, thing);
  }

  #entries(): [number, T][] {
    const entries = [...this.#aside];
    this.#slots.forEach((thing, slot) => {
      if (thing !== undefined) entries.push([this.#ids[slot] as number, thing]);
    });
    return entries;
  }
}
