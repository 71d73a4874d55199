import type { Clock, Timer } from "../host/clock.port.ts";

/**
 * Calls back when a task has waited in user code for `delayMs` with something done that nobody sees yet, and again as
 * long as the wait lasts and more may become done in it. The timer runs on through short waits, so that a quick
 * asynchronous function costs no timer per unit.
 */
export class FlushTimer {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #onDue: () => boolean;
  #timer: Timer | undefined;
  #since: number | undefined;

  /** `onDue` answers whether more may become done while the same wait lasts. */
  constructor(clock: Clock, delayMs: number, onDue: () => boolean) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#onDue = onDue;
  }

  /** A wait begins. */
  begin(): void {
    this.#since = this.#clock.monotonic();
    this.#timer ??= this.#clock.setTimer(this.#delayMs, this.#onTimer);
  }

  /** The wait has ended. */
  end(): void {
    this.#since = undefined;
  }

  /** Calls back no more. */
  close(): void {
    this.#since = undefined;
    this.#timer?.clear();
    this.#timer = undefined;
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    if (this.#since === undefined) return;
    const left = this.#since + this.#delayMs - this.#clock.monotonic();
    if (left > 0) this.#timer = this.#clock.setTimer(left, this.#onTimer);
    else if (this.#onDue() && this.#since !== undefined) {
      this.#timer = this.#clock.setTimer(this.#delayMs, this.#onTimer);
    }
  };
}
