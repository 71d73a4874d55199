import type { Clock, Timer } from "@sage-kernel/core/spi";

/** The clock of another machine: it runs like `inner`, and is some ms ahead of it, or behind where negative. */
export class ShiftedClock implements Clock {
  readonly #inner: Clock;
  readonly #aheadMs: number;

  constructor(inner: Clock, aheadMs: number) {
    this.#inner = inner;
    this.#aheadMs = aheadMs;
  }

  now(): number {
    return this.#inner.now() + this.#aheadMs;
  }

  monotonic(): number {
    return this.#inner.monotonic() + this.#aheadMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    return this.#inner.setTimer(delayMs, callback);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return this.#inner.sleep(delayMs, signal);
  }
}
