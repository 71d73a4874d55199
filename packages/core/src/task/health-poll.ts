import { reasonOf } from "../errors/sage-error.ts";
import type { Clock, Timer } from "../host/clock.port.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";

/**
 * Asks an instance of a service again and again whether it is well, one question at a time. What does not answer until
 * the next question is due is not well.
 */
export class HealthPoll {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #check: () => MaybePromise<unknown>;
  #timer: Timer | undefined;
  #asking = false;
  #problem: string | undefined;

  /** `check` throws or answers `false` where the instance is not well. */
  constructor(clock: Clock, intervalMs: number, check: () => MaybePromise<unknown>) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#check = check;
  }

  /** Why the instance is not well; `undefined` while it is, and before its first answer. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Asks now, and from then on. */
  start(): void {
    this.#timer = this.#clock.setTimer(this.#intervalMs, () => this.start());
    if (this.#asking) this.#problem = `healthCheck() has not answered within ${this.#intervalMs} ms`;
    else void this.#ask();
  }

  /** Asks no more. */
  stop(): void {
    this.#timer?.clear();
    this.#timer = undefined;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    try {
      const answer = await this.#check();
      this.#problem = answer === false ? "healthCheck() answers false" : undefined;
    } catch (error) {
      this.#problem = `healthCheck() fails: ${reasonOf(error)}`;
    } finally {
      this.#asking = false;
    }
  }
}
