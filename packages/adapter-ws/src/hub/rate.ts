import type { Clock } from "@sage-kernel/core/spi";

/** So many in a second, and twice as many at once (a token bucket). */
export class Rate {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #perSecond: number;
  #tokens: number;
  #at: number;

  constructor(clock: Pick<Clock, "monotonic">, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#tokens = 2 * perSecond;
    this.#at = clock.monotonic();
  }

  /** Takes one, or so many, and answers whether there were as many. */
  take(count = 1): boolean {
    const now = this.#clock.monotonic();
    const more = ((now - this.#at) * this.#perSecond) / 1000;
    this.#tokens = Math.min(2 * this.#perSecond, this.#tokens + more);
    this.#at = now;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}
