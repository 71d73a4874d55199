import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DeadLetter, deadLetterId } from "./dead-letter.ts";
import { DeadLetterStore } from "./dead-letter-store.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const letter = (seq: number): DeadLetter => ({
  id: deadLetterId("map-2#0", 0, seq),
  record: { seq },
  reason: "failed",
  error: { name: "Error", message: "no" },
  node: "map-2#0",
  key: undefined,
  headers: undefined,
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
        let seq = 0;
        for (const size of sizes) {
          const letters = Array.from({ length: size }, () => letter(seq++));
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

describe("the dead letters of a task that starts over", () => {
  test("are those that are found committed, beside those of other tasks", () => {
    const store = new DeadLetterStore("job-1", 10);
    const other: DeadLetter = { ...letter(7), id: "map-3#0/0:7", node: "map-3#0" };
    store.write([letter(0), letter(1), other]);
    store.restore("map-2#0", [letter(1), letter(2)]);

    expect(store.list().map(({ seq }) => seq)).toEqual([1, 7, 2]);
  });

  test("do not come again when they were taken out, even if the store has not heard of it", () => {
    const store = new DeadLetterStore("job-1", 10);
    const removed: string[] = [];
    store.onDiscarded = ({ id }) => removed.push(id);
    store.write([letter(0), letter(1)]);
    store.discard(letter(0).id);
    store.restore("map-2#0", [letter(0), letter(1)]);

    expect([store.list().map(({ seq }) => seq), removed]).toEqual([[1], ["map-2#0/0:0"]]);
  });

  test("stay where they are reserved, and make room where they go", async () => {
    const store = new DeadLetterStore("job-1", 2, "block");
    store.write([letter(0), letter(1), letter(2)]);
    store.reserve(letter(0).id);
    const room = store.write([letter(3)]);
    store.restore("map-2#0", []);
    await room;

    expect(store.list().map(({ seq }) => seq)).toEqual([0]);
  });
});

describe("a dead letter", () => {
  test("can be got by its id, and is gone once it was discarded", () => {
    const store = new DeadLetterStore("job-1", 10);
    store.write([letter(0), letter(1)]);

    expect(store.get("map-2#0/0:1")).toBe(store.list()[1]);
    expect([store.discard("map-2#0/0:1"), store.discard("map-2#0/0:1"), store.discard("nobody")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(store.get("map-2#0/0:1")).toBeUndefined();
    expect(store.list().map(({ seq }) => seq)).toEqual([0]);
  });

  test("makes room for another one when it is discarded", () => {
    const store = new DeadLetterStore("job-1", 1);
    store.write([letter(0)]);
    store.discard(letter(0).id);
    store.write([letter(1)]);

    expect(store.list().map(({ seq }) => seq)).toEqual([1]);
  });

  test("that is reserved stays listed, but can be neither discarded nor reserved again", () => {
    const store = new DeadLetterStore("job-1", 10);
    store.write([letter(0)]);
    const { id } = letter(0);

    expect([store.reserve(id), store.reserve(id), store.discard(id), store.reserve("nobody")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([store.size, store.get(id)?.seq]).toEqual([1, 0]);
    store.release(id);
    expect([store.reserve(id), store.remove(id), store.remove(id), store.size]).toEqual([
      true,
      true,
      false,
      0,
    ]);
  });

  test("that is reserved leaves its place to another one, and counts again when it is given back", () => {
    const store = new DeadLetterStore("job-1", 1);
    store.write([letter(0)]);
    store.reserve(letter(0).id);
    expect(store.fill).toBe("the store holds 0 of 1");
    store.write([letter(1)]);
    store.release(letter(0).id);

    expect([store.size, store.fill]).toEqual([2, "the store holds 2 of 1"]);
    expect(() => store.write([letter(2)])).toThrow(/1 dead letters/);
  });
});

describe("a store that blocks", () => {
  test("takes all letters of a unit at once as long as it is not full, even past its capacity", () => {
    const store = new DeadLetterStore("job-1", 2, "block");
    store.write([letter(0)]);

    expect(store.write([letter(1), letter(2), letter(3)])).toBeUndefined();
    expect([store.size, store.whenFull]).toEqual([4, "block"]);
  });

  test("takes none while it is full, and tells every writer when there is room", async () => {
    const store = new DeadLetterStore("job-1", 2, "block");
    store.write([letter(0), letter(1), letter(2)]);
    const woken: string[] = [];
    const writes = ["a", "b"].map((name) => {
      const room = store.write([letter(9)]);
      return Promise.resolve(room).then(() => woken.push(name));
    });
    expect(store.size).toBe(3);

    store.discard(letter(0).id);
    await Promise.resolve();
    expect([woken, store.size]).toEqual([[], 2]); // still full

    store.discard(letter(1).id);
    await Promise.all(writes);
    expect(woken).toEqual(["a", "b"]);
    expect(store.write([letter(9)])).toBeUndefined();
  });

  test("has room as soon as a letter is reserved, so that a redrive need not wait for itself", async () => {
    const store = new DeadLetterStore("job-1", 1, "block");
    store.write([letter(0)]);
    const room = store.write([letter(1)]);
    store.reserve(letter(0).id);
    await room;

    expect(store.write([letter(1)])).toBeUndefined();
    expect(store.list().map(({ seq }) => seq)).toEqual([0, 1]);
  });

  test("drops none and keeps its bound, whoever writes and takes out in any order", async () => {
    const moves = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant("write" as const), count: fc.integer({ min: 1, max: 4 }) }),
        fc.record({ do: fc.constantFrom("discard" as const, "redrive" as const), at: fc.nat() }),
      ),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), moves, async (capacity, plan) => {
        const store = new DeadLetterStore("job-1", capacity, "block");
        let made = 0;
        let out = 0;
        const writers: Promise<void>[] = [];
        const write = async (letters: readonly DeadLetter[]) => {
          for (let room = store.write(letters); room !== undefined; room = store.write(letters)) await room;
        };
        const takeOut = (at: number, redrive: boolean) => {
          const { id } = store.list()[at % store.size] as DeadLetter;
          if (redrive) expect(store.reserve(id)).toBe(true);
          expect(redrive ? store.remove(id) : store.discard(id)).toBe(true);
          out++;
        };
        for (const move of plan) {
          if (move.do === "write") {
            writers.push(write(Array.from({ length: move.count }, () => letter(made++))));
          } else if (store.size > 0) {
            takeOut(move.at, move.do === "redrive");
            await new Promise((resolve) => setImmediate(resolve));
          }
          expect(store.size).toBeLessThanOrEqual(capacity - 1 + 4);
        }
        while (out < made) {
          takeOut(0, false);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(writers);
        expect([store.size, out]).toEqual([0, made]);
      }),
    );
  });
});
