import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Connection, type Output } from "./connection.ts";
import { RoundRobinGroup } from "./round-robin-group.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const connections = (width: number, sent: readonly number[] = []) =>
  Array.from({ length: width }, (_, index) => {
    const target = { step: "next", index, inputIndex: 0, keyed: true, channel: index, queue: {} as never };
    return new Connection(target, { records: sent[index] ?? 0, stopped: false });
  });

/** Routes the records in the given portions and answers what each target got. */
function spread(width: number, portions: readonly (readonly number[])[], copy?: (p: unknown) => unknown) {
  const group = new RoundRobinGroup(connections(width));
  const got = Array.from({ length: width }, () => ({
    payloads: [] as unknown[],
    keys: [] as unknown[],
    headers: [] as unknown[],
  }));
  for (const portion of portions) {
    const records = new RecordBuffer();
    records.payloads = [...portion];
    records.keys = portion.map((n) => `k${n}`);
    records.headers = portion.map((n) => ({ n: `${n}` }));
    const outputs: Output[] = [];
    group.route(records, outputs, copy);
    for (const { batch } of outputs) {
      const target = got[batch.channel] as (typeof got)[number];
      expect(batch.firstSeq).toBe(target.payloads.length);
      expect(batch.payloads.length).toBeGreaterThan(0);
      target.payloads.push(...batch.payloads);
      target.keys.push(...(batch.keys ?? []));
      target.headers.push(...(batch.headers ?? []));
    }
  }
  return got;
}

describe("round-robin", () => {
  test("gives record n to instance n modulo their number, from 0, however the records are portioned (R-01)", () => {
    const portionSizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), portionSizes, (width, sizes) => {
        let next = 0;
        const portions = sizes.map((size) => Array.from({ length: size }, () => next++));
        const all = portions.flat();

        const got = spread(width, portions);

        for (let t = 0; t < width; t++) {
          const expected = all.filter((n) => n % width === t);
          expect(got[t]?.payloads).toEqual(expected);
          expect(got[t]?.keys).toEqual(expected.map((n) => `k${n}`));
          expect(got[t]?.headers).toEqual(expected.map((n) => ({ n: `${n}` })));
        }
      }),
    );
  });

  test("goes on where it was when its sender starts over, however many records were sent", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat({ max: 40 }), (width, before) => {
        const sent = Array.from({ length: width }, (_, t) => Math.ceil((before - t) / width));
        const group = new RoundRobinGroup(connections(width, sent));
        const records = new RecordBuffer();
        records.payloads = ["next"];
        const outputs: Output[] = [];
        group.route(records, outputs, undefined);

        expect(outputs.map(({ batch }) => [batch.channel, batch.firstSeq])).toEqual([
          [before % width, Math.floor(before / width)],
        ]);
      }),
    );
  });

  test("counts for each sender alone", () => {
    expect(spread(3, [[7]])[0]?.payloads).toEqual([7]);
    expect(spread(3, [[8]])[0]?.payloads).toEqual([8]);
  });

  test("copies each record once when it does not own them", () => {
    const copied: unknown[] = [];
    const got = spread(2, [[1, 2, 3]], (payload) => {
      copied.push(payload);
      return `copy of ${payload}`;
    });

    expect([...copied].sort()).toEqual([1, 2, 3]);
    expect(got.map((target) => target.payloads)).toEqual([["copy of 1", "copy of 3"], ["copy of 2"]]);
  });

  test("sends neither keys nor headers where there are none", () => {
    const group = new RoundRobinGroup(connections(2));
    const records = new RecordBuffer();
    records.payloads = [1, 2];
    const outputs: Output[] = [];
    group.route(records, outputs, undefined);

    for (const { batch } of outputs) expect([batch.keys, batch.headers]).toEqual([undefined, undefined]);
  });
});
