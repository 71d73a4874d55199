import { Batch } from "@sage-kernel/core/spi";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryBuffer } from "./entry-buffer.ts";
import { type QueuePosition, RedisDelivery } from "./queue-position.ts";

/** Entries as they stand in a stream: how many records each has, and whether a stop signal ends it. */
const entries = fc
  .array(fc.record({ records: fc.nat(6), stops: fc.boolean() }), { minLength: 1, maxLength: 8 })
  .map((all) => all.map(({ records, stops }) => ({ records, stops: stops || records === 0 })));

interface Element {
  readonly entry: number;
  readonly element: number;
  readonly records: number;
}

/** Fills a buffer; all elements, with the records done behind each. */
function filled(all: readonly { readonly records: number; readonly stops: boolean }[], skip = 0) {
  const buffer = new EntryBuffer("stream");
  const elements: Element[] = [];
  let records = 0;
  all.forEach((entry, i) => {
    const payloads = Array.from({ length: entry.records }, (_, n) => `${i}.${n}`);
    const stop = entry.stops ? { source: "s", time: 0 } : undefined;
    buffer.push(
      `1-${i}`,
      `token-${i}`,
      new Batch(0, records, payloads, undefined, undefined, stop),
      records,
      i === 0 ? skip : 0,
    );
    payloads.forEach((_, n) => void elements.push({ entry: i, element: n + 1, records: records + n + 1 }));
    records += entry.records;
    if (entry.stops) elements.push({ entry: i, element: entry.records + 1, records });
  });
  return { buffer, elements: elements.slice(skip) };
}

describe("EntryBuffer", () => {
  test("hands out each element once and in order, no more records than asked for, and knows every place in it", () => {
    fc.assert(
      fc.property(
        entries,
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 60, maxLength: 60 }),
        fc.nat(3),
        (all, takes, most) => {
          const first = all[0] as (typeof all)[number];
          const skip = Math.min(most, first.records + (first.stops ? 1 : 0));
          const { buffer, elements } = filled(all, skip);
          let at = 0;
          for (const max of takes) {
            if (buffer.empty) break;
            const delivery = new RedisDelivery(buffer.shift(max), null, false);
            const records = delivery.batches.reduce((sum, batch) => sum + batch.payloads.length, 0);
            const count = delivery.batches.reduce((sum, batch) => sum + batch.elements, 0);
            expect(records).toBeLessThanOrEqual(max);
            expect(count).toBeGreaterThan(0);
            for (let n = 1; n <= count; n++) {
              const { entry, element, records: done } = elements[at + n - 1] as Element;
              const size = (all[entry]?.records ?? 0) + (all[entry]?.stops ? 1 : 0);
              const position = delivery.after(n) as unknown as QueuePosition;
              expect(position).toEqual([
                `1-${entry}`,
                element,
                done,
                element === size ? 1 : 0,
                "stream",
                `token-${entry}`,
              ]);
            }
            expect(delivery.position).toEqual(delivery.after(count));
            at += count;
          }
          expect(buffer.empty).toBe(true);
          expect(at).toBe(elements.length);
        },
      ),
      { numRuns: process.env.SAGE_DEEP === "1" ? 10_000 : 500 },
    );
  });
});
