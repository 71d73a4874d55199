import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import { damaged, oddJson } from "../../test-support/odd-json.ts";
import { anyPayload, portraitOf } from "../../test-support/payloads.ts";
import type { JsonValue } from "../errors/json.ts";
import { hasCode } from "../errors/sage-error.ts";
import { decodePayload, encodePayload } from "./json-payload.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 5000 : 300 });

class Money {
  amount = 1;
}

const throughJson = (value: unknown) =>
  decodePayload(JSON.parse(JSON.stringify(encodePayload(value))) as JsonValue);

describe("JSON that is no encoded payload", () => {
  test("is refused as such, or makes a payload that can be encoded again", () => {
    fc.assert(
      fc.property(oddJson, (json) => {
        let decoded: unknown;
        try {
          decoded = decodePayload(json);
        } catch (error) {
          expect(hasCode(error, "SNAPSHOT_INVALID")).toBe(true);
          expect((error as { details: { path: string } }).details.path).toMatch(/^record/);
          return;
        }
        expect(portraitOf(throughJson(decoded))).toBe(portraitOf(decoded));
      }),
      { numRuns: process.env.SAGE_DEEP === "1" ? 30_000 : 3000 },
    );
  });

  test("is refused as such when it is damaged somewhere, or makes another payload", () => {
    fc.assert(
      fc.property(anyPayload, fc.nat(), fc.option(oddJson, { nil: undefined }), (payload, place, by) => {
        const failure = failureOf(() =>
          throughJson(decodePayload(damaged(encodePayload(payload), place, by))),
        );

        if (failure !== undefined) expect(failure).toMatchObject({ code: "SNAPSHOT_INVALID" });
      }),
    );
  });

  const refused: readonly (readonly [unknown, string, string])[] = [
    [{ a: [{ $: "Point", v: 1 }] }, "record.a[0]", 'has the unknown tag "Point"'],
    [{ $: "x".repeat(99), v: 1 }, "record", `has the unknown tag "${"x".repeat(40)}"`],
    [{ $: "ListCell", v: [] }, "record", 'has the unknown tag "ListCell"'],
    [{ a: { $: "Set" } }, "record.a", 'has a tag "$", but not just that and "v"'],
    [{ $: "Set", v: [], more: 1 }, "record", 'has a tag "$", but not just that and "v"'],
    [{ $: "Set", w: [] }, "record", 'has a tag "$", but not just that and "v"'],
    [{ $: 1, v: [] }, "record", 'has a tag "$", but not just that and "v"'],
    [JSON.parse('{"a":{"__proto__":{}}}'), "record.a", 'has a key "__proto__"'],
    [{ $: "constant", v: "null" }, "record", 'is the string "null" instead of a constant'],
    [{ $: "constant", v: "toString" }, "record", 'is the string "toString" instead of a constant'],
    [{ $: "bigint", v: "1e3" }, "record", 'is the string "1e3" instead of the digits of a bigint'],
    [{ $: "bigint", v: "-0" }, "record", 'is the string "-0" instead of the digits of a bigint'],
    [{ $: "bigint", v: 7 }, "record", "is the number 7 instead of the digits of a bigint"],
    [{ $: "Date", v: "2020" }, "record", 'is the string "2020" instead of the time of a Date'],
    [{ $: "Date", v: 0.5 }, "record", "is the number 0.5 instead of the time of a Date"],
    [{ $: "Date", v: 8.65e15 }, "record", "is the number 8650000000000000 instead of the time of a Date"],
    [
      { $: "Date", v: { valueOf: 1, toString: 1 } },
      "record",
      "is an object (Object) instead of the time of a Date",
    ],
    [{ $: "Map", v: {} }, "record", "is an object (Object) instead of a list"],
    [{ $: "Map", v: [["a", 1], ["b"]] }, "record<entry 1>", "is no pair"],
    [{ $: "Map", v: ["ab"] }, "record<entry 0>", "is no pair"],
    [{ $: "Map", v: [[{ $: "x", v: 0 }, 1]] }, "record<key 0>", 'has the unknown tag "x"'],
    [{ $: "Map", v: [["a", { $: "x", v: 0 }]] }, "record<value 0>", 'has the unknown tag "x"'],
    [
      {
        $: "Map",
        v: [
          ["a", 1],
          ["a", 2],
        ],
      },
      "record",
      "has the same key or item twice",
    ],
    [{ $: "Set", v: [1, { $: "x", v: 0 }] }, "record<item 1>", 'has the unknown tag "x"'],
    [{ $: "Set", v: [1, 1] }, "record", "has the same key or item twice"],
    [{ $: "object", v: [[1, 1]] }, "record<entry 0>", "has the number 1 as its key"],
    [{ $: "object", v: [["$", { $: "x", v: 0 }]] }, "record.$", 'has the unknown tag "x"'],
    [
      {
        $: "bare",
        v: [
          ["a", 1],
          ["a", 1],
        ],
      },
      "record",
      "has the same key or item twice",
    ],
    [{ $: "Uint8Array", v: [1] }, "record", "is an object (Array) instead of base64 text"],
    [{ $: "Uint8Array", v: "AB==" }, "record", 'is the string "AB==" instead of base64 text'],
    [{ $: "Uint16Array", v: "AAAA" }, "record", "has 3 bytes, which do not make a Uint16Array"],
    [undefined, "record", "is undefined"],
    [[Number.NaN], "record[0]", "is the number NaN"],
    [{ f: () => 1 }, "record.f", "is a function"],
    [[1n], "record[0]", "is the bigint 1"],
    [new Array(1), "record[0]", "is undefined"],
    [{ m: new Money() }, "record.m", "is an object (Money)"],
    [
      Object.assign(Object.create(Money.prototype), { $: "Set", v: [] }),
      "record",
      'has a tag "$", but not just that and "v"',
    ],
  ];

  test.each(refused.map(([json, path, problem]) => ({ path, problem, json })))(
    "is refused with the path of the first part that is wrong: $path, it $problem",
    ({ json, path, problem }) => {
      expect(failureOf(() => decodePayload(json as JsonValue))).toEqual({
        code: "SNAPSHOT_INVALID",
        details: { path, problem },
      });
    },
  );

  test("is refused by the caller's name", () => {
    expect(failureOf(() => decodePayload([{ $: "x", v: 0 }], "state.sums"))).toMatchObject({
      details: { path: "state.sums[0]" },
    });
  });
});
