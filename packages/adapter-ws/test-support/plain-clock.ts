/** A clock whose timers fire inside of the call that moves it. */
export class PlainClock {
  #now = 0;
  readonly #timers = new Map<object, { readonly at: number; readonly run: () => void }>();

  monotonic(): number {
    return this.#now;
  }

  setTimer(delayMs: number, run: () => void) {
    const timer = { clear: (): void => void this.#timers.delete(timer) };
    this.#timers.set(timer, { at: this.#now + delayMs, run });
    return timer;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const [timer, { at, run }] of [...this.#timers])
      if (at <= this.#now && this.#timers.delete(timer)) run();
  }
}
