import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Batch } from "./batch.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const stop = { source: "map-2#0", time: 5 };
const key = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.bigInt(), fc.constant(null));
const headers = fc.option(fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }), { nil: undefined });

const batches = fc
  .array(fc.tuple(fc.anything(), key, headers), { maxLength: 12 })
  .chain((rows) =>
    fc.record({
      rows: fc.constant(rows),
      channel: fc.nat(),
      firstSeq: fc.nat(),
      keyed: fc.boolean(),
      withHeaders: fc.boolean(),
      stopped: fc.boolean(),
      cut: fc.nat({ max: rows.length }),
    }),
  )
  .map(({ rows, channel, firstSeq, keyed, withHeaders, stopped, cut }) => {
    const batch = new Batch(
      channel,
      firstSeq,
      rows.map(([payload]) => payload),
      keyed ? rows.map(([, k]) => k) : undefined,
      withHeaders ? rows.map(([, , h]) => h) : undefined,
      stopped ? stop : undefined,
    );
    return { batch, cut };
  });

const joined = <T>(a: readonly T[] | undefined, b: readonly T[] | undefined) =>
  a === undefined || b === undefined ? undefined : [...a, ...b];

describe("the head and the tail of a batch", () => {
  test("together are the whole", () => {
    fc.assert(
      fc.property(batches, ({ batch, cut }) => {
        const head = batch.range(0, cut);
        const tail = batch.range(cut);

        expect(head.payloads).toHaveLength(cut);
        expect([...head.payloads, ...tail.payloads]).toEqual(batch.payloads);
        expect(joined(head.keys, tail.keys)).toEqual(batch.keys);
        expect(joined(head.headers, tail.headers)).toEqual(batch.headers);
        expect(head.elements + tail.elements).toBe(batch.elements);
      }),
    );
  });

  test("number their elements without gap or overlap", () => {
    fc.assert(
      fc.property(batches, ({ batch, cut }) => {
        const head = batch.range(0, cut);
        const tail = batch.range(cut);

        expect([head.channel, tail.channel]).toEqual([batch.channel, batch.channel]);
        expect(head.firstSeq).toBe(batch.firstSeq);
        expect(tail.firstSeq).toBe(head.firstSeq + head.elements);
      }),
    );
  });

  test("leave the stop signal to the tail", () => {
    fc.assert(
      fc.property(batches, ({ batch, cut }) => {
        expect(batch.range(0, cut).stop).toBeUndefined();
        expect(batch.range(cut).stop).toBe(batch.stop);
      }),
    );
  });

  test("leave the batch itself as it was", () => {
    const batch = new Batch(3, 10, ["a", "b"], [1, 2], [undefined, { h: "1" }], stop);
    const before = structuredClone(batch);

    batch.range(0, 1);
    batch.range(1);

    expect({ ...batch }).toEqual({ ...before });
  });
});

test("a stop signal counts as one element", () => {
  expect(new Batch(0, 0, ["a", "b"]).elements).toBe(2);
  expect(new Batch(0, 0, ["a", "b"], undefined, undefined, stop).elements).toBe(3);
  expect(new Batch(0, 2, [], undefined, undefined, stop).elements).toBe(1);
});
