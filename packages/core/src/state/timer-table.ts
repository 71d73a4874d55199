import type { RecordCells } from "./record-cells.ts";
import { absent, type StateKey } from "./state-key.ts";
import type { StoredCells } from "./state-reader.port.ts";
import { StateTable } from "./state-table.ts";
import { type KeyTimer, TimerHeap } from "./timer-heap.ts";

/** The times of one key's timers, ascending and without repetition. */
type Times = readonly number[];

const none: Times = Object.freeze([]);

/**
 * The timers of a task: a table like any other, so that they are committed, rolled back and restored with the rest,
 * and the order in which they are due. A timer is told from others by its key and its time.
 */
export class TimerTable extends StateTable {
  readonly #due = new TimerHeap();
  #closed = false;

  constructor(stored: StoredCells) {
    super("$timers", stored);
    for (const [key, times] of stored.entries()) {
      for (const at of times as Times) this.#due.push({ at, key });
    }
  }

  /** Takes no further timer: the input has ended, and a timer that sets another one must not go on for ever. */
  close(): void {
    this.#closed = true;
  }

  /** Sets a timer; no effect when it is set already, or after {@link close}. */
  set(cells: RecordCells, key: StateKey, at: number): void {
    if (this.#closed) return;
    const times = this.#times(cells, key);
    const place = times.findIndex((time) => time >= at);
    if (times[place] === at) return;
    cells.write(this, key, place < 0 ? [...times, at] : times.toSpliced(place, 0, at));
  }

  /** Removes a timer; answers whether it was set. */
  remove(cells: RecordCells, key: StateKey, at: number): boolean {
    const times = this.#times(cells, key);
    if (!times.includes(at)) return false;
    cells.write(this, key, times.length === 1 ? absent : times.filter((time) => time !== at));
    return true;
  }

  /** When the first timer is due that nobody has taken; `undefined` when there is none. */
  get nextAt(): number | undefined {
    for (let first = this.#due.first; first !== undefined; first = this.#due.first) {
      if (this.#isSet(first)) return first.at;
      this.#due.pop();
    }
    return undefined;
  }

  /** Takes up to `max` timers that are due by `now`, in their order; they stay set until they are removed. */
  takeDue(now: number, max: number): KeyTimer[] {
    const timers: KeyTimer[] = [];
    while (timers.length < max) {
      const at = this.nextAt;
      if (at === undefined || at > now) break;
      timers.push(this.#due.pop() as KeyTimer);
    }
    return timers;
  }

  override put(key: StateKey, cell: unknown): void {
    const before = (this.get(key) as Times | undefined) ?? none;
    super.put(key, cell);
    if (cell === absent) return;
    for (const at of cell as Times) if (!before.includes(at)) this.#due.push({ at, key });
  }

  #times(cells: RecordCells, key: StateKey): Times {
    return (cells.read(this, key) as Times | undefined) ?? none;
  }

  #isSet({ at, key }: KeyTimer): boolean {
    return (this.get(key) as Times | undefined)?.includes(at) === true;
  }
}
