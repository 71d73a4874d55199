import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DeadlineHeap } from "./deadline-heap.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 1000 : 100 });

interface Entry {
  readonly deadline: number;
  settled: boolean;
}

/** What is kept beyond twice the live entries, with the one that was just added. */
const slack = 65;

const actions = fc.array(
  fc.tuple(
    fc.constantFrom("add", "add", "add", "settle", "settle", "take", "peek"),
    fc.nat(1000),
    fc.oneof(fc.integer({ min: -5, max: 20 }), fc.constantFrom(Number.POSITIVE_INFINITY, 0.5)),
  ),
  { maxLength: 150, size: "max" },
);

describe("a heap of deadlines", () => {
  test("answers the earliest that has not ended, whatever is added, ended and taken out", () => {
    fc.assert(
      fc.property(actions, (plan) => {
        const heap = new DeadlineHeap<Entry>();
        let model: Entry[] = [];
        const earliest = () => Math.min(...model.map(({ deadline }) => deadline));
        const leave = (entry: Entry) => {
          expect([entry.settled, entry.deadline]).toEqual([false, earliest()]);
          model = model.filter((other) => other !== entry);
        };
        for (const [action, n, deadline] of plan) {
          if (action === "add") {
            const entry = { deadline, settled: false };
            model.push(entry);
            heap.add(entry, model.length);
            expect(heap.size).toBeLessThanOrEqual(2 * model.length + slack);
          } else if (action === "settle" && model.length > 0) {
            const [entry] = model.splice(n % model.length, 1);
            (entry as Entry).settled = true;
          } else if (action === "take") {
            const entry = heap.take();
            if (model.length === 0) expect(entry).toBeUndefined();
            else leave(entry as Entry);
          } else if (action === "peek") {
            expect(heap.peek()?.deadline).toBe(model.length === 0 ? undefined : earliest());
          }
          expect(heap.size).toBeGreaterThanOrEqual(model.length);
        }
        while (model.length > 0) leave(heap.take() as Entry);
        expect([heap.take(), heap.peek(), heap.size]).toEqual([undefined, undefined, 0]);
      }),
    );
  });

  test("stays as small as what has not ended, however many have ended", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.array(fc.nat(9), { minLength: 1 }), (live, delays) => {
        const heap = new DeadlineHeap<Entry>();
        for (let i = 0; i < live; i++) heap.add({ deadline: 10_000 + i, settled: false }, i + 1);
        for (let i = 0; i < 300; i++) {
          const entry = { deadline: i + (delays[i % delays.length] as number), settled: false };
          heap.add(entry, live + 1);
          entry.settled = true;
          expect(heap.size).toBeLessThanOrEqual(2 * (live + 1) + slack);
        }

        const rest = Array.from({ length: live }, () => heap.take()?.deadline);
        expect(rest).toEqual(Array.from({ length: live }, (_, i) => 10_000 + i));
      }),
      { numRuns: 20 },
    );
  });

  test("keeps what it shows and drops what it hands out", () => {
    const heap = new DeadlineHeap<Entry>();
    for (const deadline of [3, 1, 2]) heap.add({ deadline, settled: false }, 3);

    const seen = [heap.peek(), heap.peek(), heap.take(), heap.take(), heap.peek()];

    expect(seen.map((entry) => entry?.deadline)).toEqual([1, 1, 1, 2, 3]);
  });

  test("is empty when all have ended", () => {
    const heap = new DeadlineHeap<Entry>();
    const entries = [2, 1].map((deadline) => ({ deadline, settled: false }));
    for (const entry of entries) heap.add(entry, 2);
    for (const entry of entries) entry.settled = true;

    expect([heap.peek(), heap.take(), heap.size]).toEqual([undefined, undefined, 0]);
  });
});
