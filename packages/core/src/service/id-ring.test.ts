import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IdRing } from "./id-ring.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

describe("a ring of things by rising numbers", () => {
  test("is like a map, however long each of them stays", { timeout: 120_000 }, () => {
    const step = fc.record({
      skip: fc.constantFrom(1, 1, 1, 500, 1023, 1024, 1025, 5000),
      adds: fc.integer({ min: 0, max: 400 }),
      keeps: fc.integer({ min: 1, max: 50 }),
      takes: fc.array(fc.nat({ max: 20_000 }), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const ring = new IdRing<string>();
        const model = new Map<number, string>();
        let next = 0;
        for (const { skip, adds, keeps, takes } of steps) {
          for (let n = 0; n < adds; n++) {
            ring.add(next, `#${next}`);
            model.set(next, `#${next}`);
            next += n % 7 === 0 ? skip : 1;
          }
          const gone = [...model.keys()].filter((id) => id % keeps !== 0);
          for (const id of [...gone, ...takes]) {
            expect(ring.take(id)).toBe(model.get(id));
            model.delete(id);
          }
          expect(ring.size).toBe(model.size);
          expect(ring.values()).toEqual([...model.values()]);
          for (const id of takes) expect(ring.get(id)).toBeUndefined();
        }
        for (const [id, thing] of model) expect(ring.get(id)).toBe(thing);
      }),
    );
  });

  test.each([-1, -1024, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])(
    "has nothing under what is no number of its things: %d",
    (id) => {
      const ring = new IdRing<string>();
      ring.add(0, "first");
      ring.add(1024, "second");

      expect([ring.get(id), ring.take(id), ring.size]).toEqual([undefined, undefined, 2]);
    },
  );
});
