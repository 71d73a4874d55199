import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Batch } from "../packet/batch.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { type WindowElement, type WindowEntry, WindowProgress } from "./window-progress.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const batchOf = (firstSeq: number, records: number, stopped = false) =>
  new Batch(
    4,
    firstSeq,
    Array.from({ length: records }, (_, i) => firstSeq + i),
    undefined,
    undefined,
    stopped ? { source: "a#0", time: 0 } : undefined,
  );
const entryOf = (...batches: Batch[]): WindowEntry => {
  const delivery: Delivery = { batches, position: null, done: false };
  return { delivery, done: 0 };
};
/** Every element of an entry, in order. */
const elementsOf = (entry: WindowEntry): WindowElement[] =>
  entry.delivery.batches.flatMap((batch) => [
    ...batch.payloads.map((_, index) => ({ entry, batch, index })),
    ...(batch.stop === undefined ? [] : [{ entry, batch }]),
  ]);
const settled = (element: WindowElement): WindowElement => ({ ...element, verdict: { filtered: false } });

describe("the progress of a window", () => {
  test("is nothing when nothing has moved", () => {
    const progress = new WindowProgress();
    expect(progress.take([])).toBeUndefined();

    const [element] = elementsOf(entryOf(batchOf(0, 1)));
    expect(progress.take([element as WindowElement])).toBeUndefined();
  });

  test("is the delivery that the prefix has come to, how much of it is done, and what was moved over", () => {
    const progress = new WindowProgress();
    const [first, second] = [entryOf(batchOf(0, 2)), entryOf(batchOf(2, 3))];
    for (const element of elementsOf(first)) progress.pass(element);
    progress.pass(elementsOf(second)[0] as WindowElement);

    const part = progress.take([]);
    expect([part?.delivery, part?.done]).toEqual([second.delivery, 1]);
    expect(part?.consumed.map(({ firstSeq, payloads }) => [firstSeq, payloads])).toEqual([
      [0, [0, 1]],
      [2, [2]],
    ]);
    expect(progress.take([])).toBeUndefined();
  });

  test("has a batch as it is where all of it was moved over at once, its stop signal included", () => {
    const progress = new WindowProgress();
    const batch = batchOf(0, 2, true);
    for (const element of elementsOf(entryOf(batch))) progress.pass(element);

    expect(progress.take([])?.consumed[0]).toBe(batch);
  });

  test("has the stop signal with the part in which it was moved over", () => {
    const progress = new WindowProgress();
    const [a, b, stop] = elementsOf(entryOf(batchOf(0, 2, true))) as [
      WindowElement,
      WindowElement,
      WindowElement,
    ];
    progress.pass(a);
    progress.pass(b);
    expect(progress.take([])?.consumed).toMatchObject([{ payloads: [0, 1], stop: undefined }]);

    progress.pass(stop);
    expect(progress.take([])?.consumed).toMatchObject([
      { firstSeq: 2, payloads: [], stop: { source: "a#0" } },
    ]);
  });

  test("begins behind what was done before the window had the delivery", () => {
    const progress = new WindowProgress();
    const batches = [batchOf(0, 2), batchOf(2, 3)];
    const entry = { ...entryOf(...batches), done: 3 };
    progress.begin(entry, [batches[0] as Batch, (batches[1] as Batch).range(0, 1)]);
    progress.pass(elementsOf(entry)[3] as WindowElement);

    const part = progress.take([]);
    expect([part?.delivery, part?.done]).toEqual([entry.delivery, 4]);
    expect(part?.consumed.flatMap(({ payloads }) => payloads)).toEqual([0, 1, 2, 3]);
  });

  test("names the records behind the prefix that are done, and neither those that have failed nor stop signals", () => {
    const progress = new WindowProgress();
    const [a, b, c, d] = elementsOf(entryOf(batchOf(7, 3, true))) as WindowElement[] as [
      WindowElement,
      WindowElement,
      WindowElement,
      WindowElement,
    ];
    const part = progress.take([a, settled(b), { ...settled(c), failed: true }, settled(d)]);

    expect(part).toEqual({ delivery: undefined, done: 0, consumed: [], ahead: [[4, 8]] });
  });

  test("is told again when only the records ahead have changed, and not when they have not", () => {
    const progress = new WindowProgress();
    const [a, b, c] = elementsOf(entryOf(batchOf(0, 3))) as [WindowElement, WindowElement, WindowElement];
    expect(progress.take([a, settled(b), c])?.ahead).toEqual([[4, 1]]);
    expect(progress.take([a, settled(b), c])).toBeUndefined();

    expect(progress.take([a, settled(b), settled(c)])?.ahead).toEqual([
      [4, 1],
      [4, 2],
    ]);
    for (const element of [a, b, c]) progress.pass(element);
    expect(progress.take([])?.ahead).toEqual([]);
  });

  test("adds up to everything that was delivered, once and in order, however it is cut", () => {
    const shape = fc.array(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.boolean()), { maxLength: 3 }),
      {
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(shape, fc.infiniteStream(fc.integer({ min: 1, max: 4 })), (deliveries, cuts) => {
        let next = 0;
        const entries = deliveries.map((batches) =>
          entryOf(
            ...batches.map(([records, stopped]) => {
              const batch = batchOf(next, records, stopped);
              next += records;
              return batch;
            }),
          ),
        );
        const progress = new WindowProgress();
        const consumed: (number | "stop")[] = [];
        const elements = entries.flatMap(elementsOf);
        let moved = 0;
        while (moved < elements.length) {
          const to = Math.min(elements.length, moved + (cuts.next().value as number));
          for (; moved < to; moved++) progress.pass(elements[moved] as WindowElement);
          const part = progress.take([]);
          const last = elements[moved - 1] as WindowElement;
          const before = elements.slice(0, moved).filter(({ entry }) => entry === last.entry);
          expect([part?.delivery, part?.done]).toEqual([last.entry.delivery, before.length]);
          for (const { payloads, stop } of part?.consumed ?? []) {
            consumed.push(...(payloads as number[]), ...(stop === undefined ? [] : (["stop"] as const)));
          }
          expect(consumed).toEqual(
            elements
              .slice(0, moved)
              .map(({ batch, index }) => (index === undefined ? "stop" : batch.payloads[index])),
          );
        }
      }),
    );
  });
});
