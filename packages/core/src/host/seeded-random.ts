import type { Random } from "./random.port.ts";

/**
 * The mulberry32 generator (Tommy Ettinger, public domain): 32 bits of state, good enough for jitter and sampling,
 * not for secrets.
 */
export class SeededRandom implements Random {
  #state: number;

  /** `seed` is taken modulo 2^32. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  fork(label: string): SeededRandom {
    let hash = this.#state ^ 0x9e3779b9;
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x85ebca6b) >>> 0;
    return new SeededRandom(hash);
  }
}
