import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import { portraitOf } from "../../test-support/payloads.ts";
import type { JsonValue } from "../errors/json.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import { decodeKey, encodeKey } from "./cell-snapshot.ts";
import type { StateKey } from "./state-key.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 5000 : 200 });

const throughText = (json: JsonValue): JsonValue => JSON.parse(JSON.stringify(json)) as JsonValue;

const anyPartitionKey: fc.Arbitrary<PartitionKey> = fc.oneof(
  fc.constantFrom<PartitionKey>("", "$", "__proto__", "\ud800", 0, 1, "1", 1n, true, "true", null),
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((key) => (key === 0 ? 0 : key)),
  fc.bigInt(),
);

describe("a key", () => {
  test("comes back as the very same from the text of its JSON", () => {
    fc.assert(
      fc.property(fc.oneof(anyPartitionKey, fc.constant(undefined)), (key: StateKey) => {
        const encoded = encodeKey(key);

        expect(decodeKey(throughText(encoded))).toBe(key);
        expect(portraitOf(throughText(encoded))).toBe(portraitOf(encoded));
      }),
    );
  });

  test("has another JSON than any other key", () => {
    fc.assert(
      fc.property(anyPartitionKey, anyPartitionKey, (one, other) => {
        expect(JSON.stringify(encodeKey(one)) === JSON.stringify(encodeKey(other))).toBe(one === other);
      }),
    );
  });

  test.each<[StateKey, JsonValue]>([
    ["$", "$"],
    [1.5, 1.5],
    [false, false],
    [null, null],
    [-12n, { $: "bigint", v: "-12" }],
    [undefined, { $: "constant", v: "undefined" }],
  ])("of %s is encoded as it is, or with a tag when JSON has no notation for it", (key, encoded) => {
    expect(encodeKey(key)).toStrictEqual(encoded);
  });

  test("that is -0 is the key 0 in both directions", () => {
    expect(encodeKey(-0)).toBe(0);
    expect([decodeKey(-0), decodeKey({ $: "constant", v: "-0" })]).toEqual([0, 0]);
  });

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [{}], [Symbol("s")]])("cannot be %s", (key) => {
    expect(failureOf(() => encodeKey(key as never))).toMatchObject({ code: "INVALID_KEY" });
  });

  test.each<[unknown, string, string]>([
    [{ $: "constant", v: "NaN" }, "key", "is the number NaN instead of a key"],
    [{ $: "constant", v: "-Infinity" }, "key", "is the number -Infinity instead of a key"],
    [Number.NaN, "key", "is the number NaN"],
    [undefined, "key", "is undefined"],
    [[], "key", "is an object (Array) instead of a key"],
    [{ a: 1 }, "key", "is an object (Object) instead of a key"],
    [{ $: "Date", v: 0 }, "key", "is an object (Date) instead of a key"],
    [{ $: "nothing", v: null }, "key", 'has the unknown tag "nothing"'],
    [{ a: { $: "bigint", v: 1 } }, "key.a", "is the number 1 instead of the digits of a bigint"],
  ])("is not made of %j", (json, path, problem) => {
    expect(failureOf(() => decodeKey(json as JsonValue))).toEqual({
      code: "SNAPSHOT_INVALID",
      details: { path, problem },
    });
  });
});
