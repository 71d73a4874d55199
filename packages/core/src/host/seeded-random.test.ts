import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Random } from "./random.port.ts";
import { SeededRandom } from "./seeded-random.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const draw = (random: Random, count = 20) => Array.from({ length: count }, () => random.next());
const seed = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("SeededRandom", () => {
  test("gives the same sequence for the same seed", () => {
    fc.assert(
      fc.property(seed, (s) => {
        expect(draw(new SeededRandom(s))).toEqual(draw(new SeededRandom(s)));
      }),
    );
  });

  test("gives other sequences for other seeds", () => {
    fc.assert(
      fc.property(seed, seed, (a, b) => {
        fc.pre(a !== b);
        expect(draw(new SeededRandom(a))).not.toEqual(draw(new SeededRandom(b)));
      }),
    );
  });

  test("stays in [0, 1), and its integers in [0, bound)", () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 2 ** 32 }), (s, bound) => {
        const random = new SeededRandom(s);
        for (const value of draw(random)) expect(value >= 0 && value < 1).toBe(true);
        const integer = random.integer(bound);
        expect(Number.isInteger(integer) && integer >= 0 && integer < bound).toBe(true);
      }),
    );
  });

  test("spreads its integers evenly", () => {
    const random = new SeededRandom(42);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) (counts[random.integer(10)] as number)++;
    const chiSquare = counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);

    expect(chiSquare).toBeLessThan(27.9); // 9 degrees of freedom, p = 0.001
  });

  test("is mulberry32, in every process", () => {
    expect(draw(new SeededRandom(1), 3)).toEqual(mulberry32(1, 3));
    expect(draw(new SeededRandom(0xdeadbeef), 3)).toEqual(mulberry32(0xdeadbeef, 3));
  });
});

describe("a fork", () => {
  test("with the same label at the same point gives the same sequence", () => {
    fc.assert(
      fc.property(seed, fc.string(), (s, label) => {
        expect(draw(new SeededRandom(s).fork(label))).toEqual(draw(new SeededRandom(s).fork(label)));
      }),
    );
  });

  test("does not move its parent on, whatever is drawn from it", () => {
    const forked = new SeededRandom(5);
    draw(forked.fork("a"), 100);

    expect(draw(forked)).toEqual(draw(new SeededRandom(5)));
  });

  test("has another sequence than its parent and than its siblings", () => {
    const parent = new SeededRandom(5);
    const labels = ["", "a", "b", "ab", "ba", "job-1/map-2#0", "job-1/map-2#1", "job-2/map-2#0"];
    const sequences = [parent, ...labels.map((label) => parent.fork(label))].map((r) => draw(r).join());

    expect(new Set(sequences).size).toBe(sequences.length);
  });

  test("depends on how far its parent was when it was forked", () => {
    const parent = new SeededRandom(5);
    const early = parent.fork("a");
    parent.next();

    expect(draw(parent.fork("a"))).not.toEqual(draw(early));
  });
});

/** The published algorithm, written down once more. */
function mulberry32(start: number, count: number): number[] {
  let a = start;
  return Array.from({ length: count }, () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  });
}
