/** Something that may come to its end before its deadline. */
export interface Deadlined {
  /** In ms of one clock. */
  readonly deadline: number;
  /** Whether it has ended. */
  readonly settled: boolean;
}

/** How many ended entries are kept before they are swept out, at least. */
const slack = 64;

/**
 * The earliest of many deadlines: a binary heap in which ended entries stay until they come up or are swept out, so
 * that ending one costs nothing.
 */
export class DeadlineHeap<T extends Deadlined> {
  #heap: T[] = [];

  /** Entries inside, ended ones included. */
  get size(): number {
    return this.#heap.length;
  }

  /** Adds an entry; `live` is how many have not ended, by which it decides whether to sweep. */
  add(entry: T, live: number): void {
    if (this.#heap.length > 2 * live + slack) this.#sweep();
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  /** The entry with the earliest deadline that has not ended; it stays inside. */
  peek(): T | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (!first.settled) return first;
      this.#dropFirst();
    }
    return undefined;
  }

  /** Takes the entry out that {@link peek} would answer. */
  take(): T | undefined {
    const first = this.peek();
    if (first !== undefined) this.#dropFirst();
    return first;
  }

  #dropFirst(): void {
    const last = this.#heap.pop() as T;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((entry) => !entry.settled);
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const entry = heap[from] as T;
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up] as T;
      if (above.deadline <= entry.deadline) break;
      heap[at] = above;
      at = up;
    }
    heap[at] = entry;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const entry = heap[from] as T;
    let at = from;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && (heap[down + 1] as T).deadline < (heap[down] as T).deadline) down++;
      const below = heap[down] as T;
      if (below.deadline >= entry.deadline) break;
      heap[at] = below;
      at = down;
    }
    heap[at] = entry;
  }
}
