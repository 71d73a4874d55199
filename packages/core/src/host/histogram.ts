/** Percentiles of a distribution; `null` where nothing was recorded. */
export interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

const bucketsPerDoubling = 4;
const smallest = 1 / 1024;
const bucketCount = 40 * bucketsPerDoubling;

/**
 * A distribution in a fixed number of logarithmic buckets, four for each doubling: a percentile is at most 19 % too
 * high. Values are at least 0; those below 1/1024 count as that. Recording costs one logarithm and no memory.
 */
export class Histogram {
  readonly #counts = new Array<number>(bucketCount).fill(0);
  #total = 0;
  #max = 0;

  /** Adds a value, `weight` times. */
  record(value: number, weight = 1): void {
    const place = Math.ceil(Math.log2(Math.max(value, smallest) / smallest) * bucketsPerDoubling);
    const bucket = Math.min(place, bucketCount - 1);
    this.#counts[bucket] = (this.#counts[bucket] as number) + weight;
    this.#total += weight;
    if (value > this.#max) this.#max = value;
  }

  /** The percentiles so far. */
  percentiles(): Percentiles {
    if (this.#total === 0) return { p50: null, p95: null, p99: null, max: null };
    return { p50: this.#quantile(0.5), p95: this.#quantile(0.95), p99: this.#quantile(0.99), max: this.#max };
  }

  #quantile(share: number): number {
    let left = share * this.#total;
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      left -= this.#counts[bucket] as number;
      if (left <= 0) return Math.min(smallest * 2 ** (bucket / bucketsPerDoubling), this.#max);
    }
    return this.#max;
  }
}
