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
  /** The timers that were taken and that no record has changed since. */
  readonly #taken = new Map<StateKey, Set<number>>();
  #closed = false;

  constructor(stored: StoredCells) {
    super("$timers", stored);
    for (const [key, times] of stored.entries()) {
      for (const at of times as Times) this.#due.push({ at, key });
    }
  }

  /** From here on only records set timers: the end has begun, and a timer that sets another one must not put it off. */
  close(): void {
    this.#closed = true;
  }

  /** Sets a timer; no effect when it is set already, and after {@link close} unless a record sets it. */
  set(cells: RecordCells, key: StateKey, at: number, byRecord: boolean): void {
    if (this.#closed && !byRecord) return;
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
      const timer = this.#due.pop() as KeyTimer;
      const taken = this.#taken.get(timer.key);
      if (taken === undefined) this.#taken.set(timer.key, new Set([at]));
      else taken.add(at);
      timers.push(timer);
    }
    return timers;
  }

  override put(key: StateKey, cell: unknown): void {
    const before = (this.released(key) as Times | undefined) ?? none;
    const taken = this.#taken.get(key);
    this.#taken.delete(key);
    super.put(key, cell);
    if (cell === absent) return;
    for (const at of cell as Times) {
      // One that was taken may have been removed and set again; coming twice does no harm.
      if (!before.includes(at) || taken?.has(at) === true) this.#due.push({ at, key });
    }
  }

  #times(cells: RecordCells, key: StateKey): Times {
    return (cells.read(this, key) as Times | undefined) ?? none;
  }

  #isSet({ at, key }: KeyTimer): boolean {
    return (this.get(key) as Times | undefined)?.includes(at) === true;
  }
}
