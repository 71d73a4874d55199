import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LaneQueue } from "./lane-queue.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

interface Item {
  readonly n: number;
  readonly key: string | number | null | undefined;
}

describe("a lane queue", () => {
  test("hands out every item once, those of one key in order and one at a time, the others as they come", () => {
    const keys = fc.array(fc.constantFrom<Item["key"]>("a", 0, null, undefined), { maxLength: 30 });
    fc.assert(
      fc.property(keys, fc.infiniteStream(fc.nat()), (added, picks) => {
        const lanes = new LaneQueue<Item>();
        const waiting = added.map((key, n): Item => ({ n, key }));
        const begun: Item[] = [];
        const open: Item[] = [];
        const mayBegin = (item: Item) =>
          item.key === undefined || !open.some((other) => other.key === item.key && other !== item);
        for (const choice of picks) {
          if (waiting.length === 0 && lanes.ready === 0 && open.length === 0) break;
          const item = choice % 3 === 0 ? waiting.shift() : undefined;
          if (item !== undefined) lanes.add(item, item.key);
          const next = choice % 3 === 1 ? lanes.next() : undefined;
          if (next !== undefined) {
            expect(mayBegin(next)).toBe(true);
            begun.push(next);
            open.push(next);
          }
          const done = choice % 3 === 2 ? open.splice(choice % (open.length || 1), 1)[0] : undefined;
          if (done !== undefined) lanes.done(done.key);
        }
        expect(begun.map(({ n }) => n).sort((a, b) => a - b)).toEqual(added.map((_, n) => n));
        for (const key of new Set(added)) {
          const ofKey = begun.filter((item) => item.key === key).map(({ n }) => n);
          expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b));
        }
      }),
    );
  });

  test("counts as ready only what may begin", () => {
    const lanes = new LaneQueue<string>();
    lanes.add("a1", "a");
    lanes.add("a2", "a");
    lanes.add("b1", "b");
    expect(lanes.ready).toBe(2);

    lanes.next();
    lanes.done("a");
    expect(lanes.ready).toBe(2);
  });

  test("keeps its order over many more items than it holds at once", () => {
    const lanes = new LaneQueue<number>();
    const got: (number | undefined)[] = [];
    for (let n = 0; n < 500; n++) {
      lanes.add(n, undefined);
      lanes.add(n + 0.5, undefined);
      got.push(lanes.next());
    }
    while (lanes.ready > 0) got.push(lanes.next());

    expect(got).toEqual(Array.from({ length: 1000 }, (_, i) => i / 2));
    expect(lanes.next()).toBeUndefined();
  });
});
