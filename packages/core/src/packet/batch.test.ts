import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Batch, countRecords, sliceElements } from "./batch.ts";

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

describe("a slice of the elements of several batches", () => {
  const several = fc.array(batches, { maxLength: 5 }).map((made) => made.map(({ batch }) => batch));
  /** Each element on its own, as a batch of one. */
  const each = (list: readonly Batch[]) =>
    list.flatMap((batch) =>
      Array.from({ length: batch.elements }, (_, i) =>
        i < batch.payloads.length ? batch.range(i, i + 1) : batch.range(i),
      ),
    );
  const elements = (list: readonly Batch[]) => list.reduce((sum, batch) => sum + batch.elements, 0);

  test("has exactly the elements from the first place up to the second, as they were", () => {
    fc.assert(
      fc.property(several, fc.nat({ max: 20 }), fc.nat({ max: 20 }), (list, from, count) => {
        const slice = sliceElements(list, from, from + count);

        expect(each(slice)).toEqual(each(list).slice(from, from + count));
        for (const batch of slice) expect(batch.elements).toBeGreaterThan(0);
      }),
    );
  });

  test("and the slices around it are the whole", () => {
    fc.assert(
      fc.property(several, fc.nat({ max: 20 }), (list, cut) => {
        const parts = [sliceElements(list, 0, cut), sliceElements(list, cut, Number.POSITIVE_INFINITY)];

        expect(each(parts.flat())).toEqual(each(list));
      }),
    );
  });

  test("has whole batches as they are", () => {
    fc.assert(
      fc.property(several, (list) => {
        const whole = list.filter((batch) => batch.elements > 0);

        expect(sliceElements(list, 0, elements(list)).every((batch, i) => batch === whole[i])).toBe(true);
        expect(sliceElements(list, 0, Number.POSITIVE_INFINITY)).toHaveLength(whole.length);
      }),
    );
  });

  test("has a stop signal with its place, and only then", () => {
    const list = [new Batch(3, 10, ["a", "b"], undefined, undefined, stop), new Batch(4, 0, ["c"])];

    expect(sliceElements(list, 1, 2)).toMatchObject([{ firstSeq: 11, payloads: ["b"], stop: undefined }]);
    expect(sliceElements(list, 2, 3)).toMatchObject([{ firstSeq: 12, payloads: [], stop }]);
    expect(sliceElements(list, 1, 4)).toMatchObject([{ payloads: ["b"], stop }, { payloads: ["c"] }]);
  });
});

test("the records of several batches are counted without their stop signals", () => {
  const list = [new Batch(0, 0, ["a", "b"]), new Batch(1, 0, [], undefined, undefined, stop)];

  expect([countRecords([]), countRecords(list.slice(0, 1)), countRecords(list)]).toEqual([0, 2, 2]);
});
