import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PartitionKey } from "../packet/partition-key.ts";
import { RecordBuffer } from "../packet/record-buffer.ts";
import { Connection, type Output } from "./connection.ts";
import { HashGroup } from "./hash-group.ts";
import { groupOwner, keyGroup } from "./key-group.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const createGroup = (width: number, keyed = true) =>
  new HashGroup(
    Array.from(
      { length: width },
      (_, index) =>
        new Connection({ step: "next", index, inputIndex: 0, keyed, channel: index, queue: {} as never }),
    ),
    "keyBy-2",
  );

function buffer(keys: readonly PartitionKey[] | undefined, payloads: readonly unknown[]) {
  const records = new RecordBuffer();
  records.payloads = [...payloads];
  records.keys = keys && [...keys];
  return records;
}

function route(group: HashGroup, records: RecordBuffer, copy?: (payload: unknown) => unknown) {
  const outputs: Output[] = [];
  group.route(records, outputs, copy);
  return outputs.map(({ batch }) => batch);
}

const key: fc.Arbitrary<PartitionKey> = fc.oneof(
  fc.string(),
  fc.integer({ min: -3, max: 3 }),
  fc.boolean(),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.constant(null),
);

describe("hash partitioning", () => {
  test("sends every record to the owner of its key's group, in the order of each key", () => {
    const portions = fc.array(fc.array(key, { minLength: 1, maxLength: 10 }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), portions, (width, keysByPortion) => {
        const group = createGroup(width);
        let next = 0;
        const expected: unknown[][] = Array.from({ length: width }, () => []);
        const got: unknown[][] = Array.from({ length: width }, () => []);
        for (const keys of keysByPortion) {
          const payloads = keys.map(() => next++);
          keys.forEach((k, i) => {
            expected[groupOwner(keyGroup(k), width)]?.push([k, payloads[i]]);
          });
          for (const batch of route(group, buffer(keys, payloads))) {
            expect(batch.firstSeq).toBe(got[batch.channel]?.length);
            batch.payloads.forEach((payload, i) => {
              got[batch.channel]?.push([batch.keys?.[i], payload]);
            });
          }
        }
        expect(got).toEqual(expected);
      }),
    );
  });

  test("goes on doing so past the number of keys that it remembers", () => {
    const group = createGroup(4);
    const keys = Array.from({ length: 20_000 }, (_, i) => `key ${i % 10_000}`);

    for (const batch of route(group, buffer(keys, keys))) {
      for (const k of batch.keys ?? []) expect(groupOwner(keyGroup(k), 4)).toBe(batch.channel);
    }
  });

  test("takes falsy values for keys", () => {
    const keys = [0, "", false, null, 0n];
    const batches = route(createGroup(3), buffer(keys, keys));

    expect(batches.reduce((n, batch) => n + batch.payloads.length, 0)).toBe(5);
  });

  test("refuses records without keys and names the step that sent them (R-03)", () => {
    expect(() => route(createGroup(3), buffer(undefined, ["a"]))).toThrow(
      expect.objectContaining({ code: "MISSING_KEY", details: { step: "keyBy-2" } }),
    );
  });

  test("sends no empty batches", () => {
    expect(route(createGroup(5), buffer(["one"], ["a"]))).toHaveLength(1);
  });

  test("keeps headers beside their records and copies records that it does not own", () => {
    const records = buffer(["a", "b", "c", "a"], [1, 2, 3, 4]);
    records.headers = [{ n: "1" }, undefined, { n: "3" }, { n: "4" }];

    const rows = route(createGroup(2), records, (payload) => Number(payload) * 10).flatMap((batch) =>
      batch.payloads.map((payload, i) => [payload, batch.keys?.[i], batch.headers?.[i]]),
    );

    expect(rows.sort()).toEqual([
      [10, "a", { n: "1" }],
      [20, "b", undefined],
      [30, "c", { n: "3" }],
      [40, "a", { n: "4" }],
    ]);
  });

  test("leaves the keys behind when the downstream step is not keyed", () => {
    for (const batch of route(createGroup(2, false), buffer(["a", "b"], [1, 2]))) {
      expect(batch.keys).toBeUndefined();
    }
  });
});
