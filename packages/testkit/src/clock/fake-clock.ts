import { type Clock, sleepOn, type Timer } from "@sage-kernel/core/spi";

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is advanced. Timers fire in the order of their times, and of their setting where
 * the times are equal. Warns once (`process.emitWarning`) when a timer waits and nobody advances.
 */
export class FakeClock implements Clock {
  readonly #warnAfterMs: number;
  #now: number;
  #monotonic = 0;
  #order = 0;
  #pending: Pending[] = [];
  #watchdog: NodeJS.Timeout | undefined;

  /**
   * `startMs` is the wall-clock time at the beginning, by default 2020-01-01T00:00:00Z; `warnAfterMs` is how many
   * real milliseconds a timer may wait before the warning.
   */
  constructor(startMs = 1_577_836_800_000, warnAfterMs = 2000) {
    this.#now = startMs;
    this.#warnAfterMs = warnAfterMs;
  }

  /** Timers that are set and have not fired. */
  get pending(): number {
    return this.#pending.length;
  }

  /** When the next timer is due, by the monotonic clock; `undefined` where none is set. */
  get nextAt(): number | undefined {
    return this.#next()?.at;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending = { at: this.#monotonic + Math.max(delayMs || 0, 0), order: this.#order++, callback };
    this.#pending.push(pending);
    this.#watch();
    return {
      clear: () => {
        this.#pending = this.#pending.filter((other) => other !== pending);
        this.#watch();
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** Moves time on by `ms`, firing what comes due on the way, and lets promises settle after each timer. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    while ((this.#next()?.at ?? Number.POSITIVE_INFINITY) <= end) {
      this.fireNext();
      await settle();
    }
    this.#moveTo(end);
    await settle();
  }

  /** Moves time to the next timer and fires it. Answers `false` when there is none. */
  fireNext(): boolean {
    const next = this.#next();
    if (next === undefined) return false;
    this.#pending = this.#pending.filter((other) => other !== next);
    this.#moveTo(next.at);
    this.#watch();
    next.callback();
    return true;
  }

  /** Makes the wall clock jump, as an operator or NTP would; monotonic time is not touched. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) {
      if (
        first === undefined ||
        pending.at < first.at ||
        (pending.at === first.at && pending.order < first.order)
      ) {
        first = pending;
      }
    }
    return first;
  }

  #moveTo(at: number): void {
    this.#now += Math.max(0, at - this.#monotonic);
    this.#monotonic = Math.max(this.#monotonic, at);
  }

  #watch(): void {
    clearTimeout(this.#watchdog);
    if (this.#pending.length === 0) return;
    this.#watchdog = setTimeout(() => {
      process.emitWarning(
        `${this.#pending.length} timer(s) wait on a FakeClock that nobody advances. Call clock.advance(ms).`,
        { code: "SAGE_FAKE_CLOCK_IDLE" },
      );
    }, this.#warnAfterMs);
    this.#watchdog.unref();
  }
}

/** Resolves after everything that is ready to run has run: microtasks, and one turn of the event loop. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
