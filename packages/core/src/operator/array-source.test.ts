import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArraySource } from "./array-source.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const { signal } = new AbortController();

/** Polls a split to its end, from a position on. */
function readAll(source: ArraySource, split: string, max: number, from?: number) {
  const records: unknown[] = [];
  const positions: (number | undefined)[] = [from];
  for (let done = false; !done; ) {
    const polled = source.poll(positions.at(-1), max, { split, signal });
    expect(polled.records.length).toBeLessThanOrEqual(max);
    records.push(...polled.records);
    positions.push(polled.position);
    done = polled.done === true;
  }
  return { records, positions };
}

describe("an array as a source", () => {
  test("gives every item to exactly one of its splits, in its order", () => {
    const width = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(fc.nat({ max: 50 }), width, fc.integer({ min: 1, max: 9 }), (length, parallelism, max) => {
        const items = Array.from({ length }, (_, i) => i);
        const source = new ArraySource(items, parallelism);
        const splits = source.splits();
        expect(splits).toHaveLength(parallelism);

        splits.forEach((split, i) => {
          expect(readAll(source, split, max).records).toEqual(items.filter((n) => n % parallelism === i));
        });
      }),
    );
  });

  test("reads the same again from every position", () => {
    const source = new ArraySource(["a", "b", "c", "d", "e"], 2);
    const { records, positions } = readAll(source, "0/2", 1);

    expect(records).toEqual(["a", "c", "e"]);
    positions.slice(0, -1).forEach((position, i) => {
      expect(readAll(source, "0/2", 2, position).records).toEqual(records.slice(i));
    });
  });

  test("takes undefined and null for items, not for the end", () => {
    expect(readAll(new ArraySource([undefined, null, 0], 1), "0/1", 1).records).toEqual([undefined, null, 0]);
  });

  test("gives arrays away: changing one does not touch the source", () => {
    const items = [1, 2, 3];
    const polled = new ArraySource(items, 1).poll(undefined, 3, { split: "0/1", signal });
    (polled.records as unknown[]).length = 0;

    expect(items).toEqual([1, 2, 3]);
  });

  test("ends at once where a split has no items", () => {
    const source = new ArraySource([1], 2);

    expect(source.poll(undefined, 5, { split: "1/2", signal })).toMatchObject({ records: [], done: true });
  });
});
