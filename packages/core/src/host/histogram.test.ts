import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Histogram } from "./histogram.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

/** The smallest value that so large a share of all values does not exceed. */
function exact(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}

describe("a histogram", () => {
  test("knows nothing before anything was recorded", () => {
    expect(new Histogram().percentiles()).toEqual({ p50: null, p95: null, p99: null, max: null });
  });

  test("gives percentiles that are never too low and at most 19 % too high, and the exact maximum", () => {
    const values = fc.array(fc.double({ min: 1 / 1024, max: 1e8, noNaN: true }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(values, (recorded) => {
        const histogram = new Histogram();
        for (const value of recorded) histogram.record(value);
        const { p50, p95, p99, max } = histogram.percentiles();

        expect(max).toBe(Math.max(...recorded));
        for (const [got, share] of [
          [p50, 0.5],
          [p95, 0.95],
          [p99, 0.99],
        ] as const) {
          const wanted = exact(recorded, share);
          expect(got).toBeGreaterThanOrEqual(wanted * (1 - 1e-9));
          expect(got).toBeLessThanOrEqual(wanted * 2 ** (1 / 4) * (1 + 1e-9));
        }
      }),
    );
  });

  test("counts a value as often as it weighs", () => {
    const histogram = new Histogram();
    histogram.record(1, 98);
    histogram.record(1000, 2);

    expect(histogram.percentiles()).toEqual({ p50: 1, p95: 1, p99: 1000, max: 1000 });
  });

  test("takes what is very small for 1/1024, and nothing for more than its maximum", () => {
    const histogram = new Histogram();
    histogram.record(0);
    expect(histogram.percentiles()).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 });

    histogram.record(5);
    expect(histogram.percentiles()).toEqual({ p50: 1 / 1024, p95: 5, p99: 5, max: 5 });
  });
});
