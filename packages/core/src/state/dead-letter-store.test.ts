import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DeadLetter } from "./dead-letter.ts";
import { DeadLetterStore } from "./dead-letter-store.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const letter = (seq: number): DeadLetter => ({
  record: { seq },
  reason: "failed",
  error: { name: "Error", message: "no" },
  node: "map-2#0",
  key: undefined,
  channel: 0,
  seq,
  attempt: 1,
  time: 0,
});

describe("the dead letters of a job", () => {
  test("are kept in their order", () => {
    const store = new DeadLetterStore("job-1", 10);
    store.write([letter(0), letter(1)]);
    store.write([letter(2)]);

    expect(store.list().map(({ seq }) => seq)).toEqual([0, 1, 2]);
    expect(store.size).toBe(3);
  });

  test("are kept as far as they fit, and a write of more than that is refused", () => {
    const writes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 10 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), writes, (capacity, sizes) => {
        const store = new DeadLetterStore("job-1", capacity);
        let kept = 0;
        for (const size of sizes) {
          const letters = Array.from({ length: size }, (_, i) => letter(i));
          const fits = kept + size <= capacity;
          if (fits) {
            store.write(letters);
            kept += size;
          } else {
            expect(() => store.write(letters)).toThrow(
              expect.objectContaining({
                code: "DEAD_LETTERS_FULL",
                kind: "full",
                details: { job: "job-1", capacity },
              }),
            );
            kept = capacity;
          }
          expect(store.size).toBe(kept);
        }
      }),
    );
  });

  test("fill the store to exactly its capacity", () => {
    const store = new DeadLetterStore("job-1", 2);
    store.write([letter(0), letter(1)]);

    expect(store.size).toBe(2);
    expect(() => store.write([letter(2)])).toThrow(/2 dead letters/);
  });

  test("cannot be changed through the list", () => {
    const store = new DeadLetterStore("job-1", 2);
    store.write([letter(0)]);
    (store.list() as DeadLetter[]).pop();

    expect(store.list()).toHaveLength(1);
  });
});
