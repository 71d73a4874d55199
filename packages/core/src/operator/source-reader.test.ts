import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openSource, type ReaderHost } from "./source-input.ts";
import { IteratorReader, type SourceReader } from "./source-reader.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

/** Polls several readers in turn until all have ended, and answers what each got. */
function readAll(readers: readonly SourceReader[], max: number): unknown[][] {
  const got = readers.map((): unknown[] => []);
  for (let open = readers.map((_, i) => i); open.length > 0; ) {
    open = open.filter((i) => {
      const records = (readers[i] as SourceReader).poll(max) as unknown[];
      expect(records.length).toBeLessThanOrEqual(max);
      got[i]?.push(...records);
      return records.length > 0;
    });
  }
  return got;
}

describe("reading an iterator", () => {
  function watched(items: Iterable<unknown>) {
    const inner = items[Symbol.iterator]();
    const calls = { next: 0, return: 0 };
    const iterator: Iterator<unknown> = {
      next: () => {
        calls.next++;
        return inner.next();
      },
      return: () => {
        calls.return++;
        return { done: true, value: undefined };
      },
    };
    return { reader: new IteratorReader(iterator), calls };
  }

  test("gives each record to one of two instances that share it, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 5 }), (items, max) => {
        const { reader } = watched(items);
        const order: unknown[] = [];
        for (let records = reader.poll(max); records.length > 0; records = reader.poll(max))
          order.push(...records);

        expect(order).toEqual(items);
        const shared = watched(items).reader;
        expect(readAll([shared, shared], max).flat()).toHaveLength(items.length);
      }),
    );
  });

  test("takes no more from it than it was asked for", () => {
    const { reader, calls } = watched([1, 2, 3, 4, 5]);
    reader.poll(2);

    expect(calls.next).toBe(2);
  });

  test("calls return once when it is closed early, and then has ended", () => {
    const { reader, calls } = watched([1, 2, 3]);
    reader.poll(1);
    reader.close();
    reader.close();

    expect(calls.return).toBe(1);
    expect(reader.poll(5)).toEqual([]);
  });

  test("does not call return, nor next again, after the iterator has ended", () => {
    const { reader, calls } = watched([1]);
    reader.poll(5);
    reader.poll(5);
    reader.close();

    expect(calls).toEqual({ next: 2, return: 0 });
  });

  test("keeps the records before a failure: the error comes with the next poll", () => {
    const reader = new IteratorReader(
      (function* () {
        yield 1;
        yield 2;
        throw new Error("torn");
      })(),
    );

    expect(reader.poll(5)).toEqual([1, 2]);
    expect(() => reader.poll(5)).toThrow("torn");
  });

  test("a source that failed has not ended: the other instances that share it fail too", () => {
    const reader = new IteratorReader(
      // biome-ignore lint/correctness/useYield: it fails at once
      (function* () {
        throw new Error("torn");
      })(),
    );

    expect(() => reader.poll(1)).toThrow("torn");
    expect(() => reader.poll(1)).toThrow("torn");
  });
});

describe("opening a source", () => {
  const host = {} as ReaderHost;
  const { signal } = new AbortController();
  const open = (input: unknown, consumed = new WeakSet<object>()) => {
    const opened = openSource("source-1", input, consumed);
    if ("createReader" in opened) return opened.createReader;
    throw new Error("The source can be read again.");
  };
  const read = (input: unknown, consumed = new WeakSet<object>()) =>
    open(input, consumed)(0, 1, host).poll(10);

  test("asks a function anew for each job", () => {
    let asked = 0;
    const input = () => {
      asked++;
      return new Set(["a", asked]);
    };

    expect([read(input), read(input)]).toEqual([
      ["a", 1],
      ["a", 2],
    ]);
  });

  test("reads an iterable again for each job, and a one-shot iterator once", () => {
    const consumed = new WeakSet<object>();
    const again = new Map([["a", 1]]);
    const once = [1, 2].values();

    expect([read(again, consumed), read(again, consumed)]).toEqual([[["a", 1]], [["a", 1]]]);
    expect(read(once, consumed)).toEqual([1, 2]);
    expect(() => read(once, consumed)).toThrow(
      expect.objectContaining({ code: "SOURCE_CONSUMED", details: { step: "source-1" } }),
    );
  });

  test("makes of an array a source that can be read again, with one split for each instance", () => {
    const opened = openSource("source-1", ["a", "b", "c"], new WeakSet());
    const source = "createSource" in opened ? opened.createSource(1, 2) : undefined;

    expect(source?.splits?.()).toEqual(["0/2", "1/2"]);
    expect(source?.poll(undefined, 10, { split: "0/2", signal })).toMatchObject({ records: ["a", "c"] });
  });

  test("gives all instances of an iterator one shared reader", () => {
    const create = open(new Set([1, 2, 3]));

    expect(
      readAll([create(0, 2, host), create(1, 2, host)], 1)
        .flat()
        .sort(),
    ).toEqual([1, 2, 3]);
  });

  test.each([["a string"], [5], [null], [undefined], [{ length: 1 }], [() => "text"], [() => 5]])(
    "refuses %o",
    (input) => {
      expect(() => read(input)).toThrow(expect.objectContaining({ code: "INVALID_SOURCE" }));
    },
  );
});
