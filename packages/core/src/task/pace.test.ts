import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Clock } from "../host/clock.port.ts";
import { Pace } from "./pace.ts";
import { TaskStats } from "./task-stats.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const quick = 1;
const slow = 6;

function setUp(maxBatch: number, floor = 1) {
  let now = 0;
  let reads = 0;
  const clock = {
    monotonic: () => {
      reads++;
      return now;
    },
  } as unknown as Clock;
  const stats = new TaskStats();
  const pace = new Pace(clock, { maxBatch, maxBatchMs: 5 }, floor, stats);
  const unit = (records: number, tookMs: number) => {
    pace.begin(records);
    now += tookMs;
    pace.end(records);
    return pace.max;
  };
  return { pace, unit, stats, reads: () => reads };
}

describe("the size of a unit of work", () => {
  test("starts at one record", () => {
    expect(setUp(256).pace.max).toBe(1);
  });

  test("doubles while full units are quick, up to maxBatch", () => {
    const { pace, unit } = setUp(100);
    const sizes = Array.from({ length: 9 }, () => unit(pace.max, quick));

    expect(sizes).toEqual([2, 4, 8, 16, 32, 64, 100, 100, 100]);
  });

  test("stays when quick units are not full", () => {
    const { pace, unit } = setUp(256);
    for (let i = 0; i < 4; i++) unit(pace.max, quick);

    expect(unit(7, quick)).toBe(16);
    expect(unit(1, quick)).toBe(16);
  });

  test("halves when a unit was slow, down to one", () => {
    const { pace, unit } = setUp(256);
    for (let i = 0; i < 4; i++) unit(pace.max, quick);
    const sizes = Array.from({ length: 6 }, () => unit(pace.max, slow));

    expect(sizes).toEqual([8, 4, 2, 1, 1, 1]);
  });

  test("halves when a slow unit was not full either", () => {
    const { pace, unit } = setUp(256);
    for (let i = 0; i < 4; i++) unit(pace.max, quick);

    expect(unit(5, slow)).toBe(8);
  });

  test("shrinks no further than the floor", () => {
    const { pace, unit } = setUp(256, 12);
    for (let i = 0; i < 6; i++) unit(pace.max, quick);
    const sizes = Array.from({ length: 5 }, () => unit(pace.max, slow));

    expect(sizes).toEqual([32, 16, 12, 12, 12]);
  });

  test("finds a slow unit at full size again, if not at once", () => {
    const { pace, unit } = setUp(64);
    for (let i = 0; i < 10; i++) unit(pace.max, quick);
    expect(pace.max).toBe(64);
    let units = 0;
    while (pace.max === 64 && units < 100) {
      unit(64, slow);
      units++;
    }

    expect(pace.max).toBe(32);
    expect(units).toBeLessThanOrEqual(32);
  });

  test("never leaves the range from 1 to maxBatch, and never falls below the floor once it was there", () => {
    const bounds = fc.record({
      maxBatch: fc.integer({ min: 1, max: 64 }),
      floor: fc.integer({ min: 1, max: 99 }),
    });
    const steps = fc.array(
      fc.record({ fill: fc.double({ min: 0, max: 1, noNaN: true }), slow: fc.boolean() }),
    );
    fc.assert(
      fc.property(bounds, steps, ({ maxBatch, floor }, units) => {
        const { pace, unit } = setUp(maxBatch, floor);
        const least = Math.min(floor, maxBatch);
        let reached = false;
        for (const step of units) {
          const size = unit(Math.max(1, Math.round(pace.max * step.fill)), step.slow ? slow : quick);
          expect(Number.isInteger(size) && size >= 1 && size <= maxBatch).toBe(true);
          reached ||= size >= least;
          if (reached) expect(size).toBeGreaterThanOrEqual(least);
        }
      }),
    );
  });

  test("costs few looks at the clock once it has settled", () => {
    const { pace, unit, reads } = setUp(64);
    for (let i = 0; i < 10; i++) unit(pace.max, quick);
    const before = reads();
    for (let i = 0; i < 320; i++) unit(64, quick);

    expect(reads() - before).toBe(20); // two for every 32nd unit
  });

  test("estimates the time of units that all take the same exactly, sampled or not", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 8 }), (took, samples) => {
        const { pace, unit, stats } = setUp(8);
        let units = 0;
        while (pace.max < 8 && units < 10) {
          unit(pace.max, quick);
          units++;
        }
        for (let n = 0; n < 32 * samples; n++) unit(1, took);

        expect(stats.toJSON().busyMs).toBe(units * quick + 32 * samples * took);
      }),
    );
  });
});
