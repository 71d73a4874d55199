import type { Clock } from "@sage-kernel/core/spi";

/** What is heard of a holder each time that somebody asks: its epoch, its renewals, and how often the server was another one. */
export type SignOfLife = readonly [epoch: string, renewals: string, life: number];

/**
 * Finds out that the holder of a name is dead: it was silent for the lease, to somebody who has asked all the time. That needs
 * no clock but the asker's own.
 */
export class Silence {
  readonly #leaseMs: number;
  readonly #clock: Pick<Clock, "monotonic">;
  #sign: SignOfLife | undefined;
  #since = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #over = false;

  constructor(leaseMs: number, clock: Pick<Clock, "monotonic">) {
    this.#leaseMs = leaseMs;
    this.#clock = clock;
  }

  /** The last sign of a holder that is dead. */
  get dead(): readonly [epoch: string, renewals: string] {
    const [epoch, renewals] = this.#over ? (this.#sign as SignOfLife) : ["", ""];
    return [epoch, renewals];
  }

  /**
   * Notes what was heard; answers whether the holder is dead. While nobody could ask, it may not have been able to say
   * something either: that does not count.
   */
  hears(sign: SignOfLife): boolean {
    const now = this.#clock.monotonic();
    const alike = this.#sign?.every((part, i) => part === sign[i]) === true;
    const asking = now - this.#askedAt <= this.#leaseMs / 2;
    this.#askedAt = now;
    this.#sign = sign;
    if (!alike || !asking) this.#since = now;
    this.#over = now - this.#since >= this.#leaseMs;
    return this.#over;
  }
}
