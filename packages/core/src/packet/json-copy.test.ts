import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonValue } from "../errors/json.ts";
import { canonicalJson, checkedJson, copiedJson, pathOf } from "./json-copy.ts";

const anyJson = fc.jsonValue() as fc.Arbitrary<JsonValue>;
/** Without the one key that is refused. */
const json = anyJson.filter((value) => !JSON.stringify(value).includes('"__proto__":'));
const refuse = (keys: readonly (string | number)[], got: string): Error =>
  new Error(`value${pathOf(keys)} is ${got}`);

/** The same value with the keys of its objects the other way round. */
function reversed(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

describe("copies of JSON", () => {
  test("equal what they were made of, and share nothing with it", () => {
    fc.assert(
      fc.property(json, (value) => {
        for (const copy of [checkedJson(value, refuse), copiedJson(value)]) {
          expect(canonicalJson(copy)).toBe(canonicalJson(value));
          if (typeof value === "object" && value !== null) expect(copy).not.toBe(value);
        }
      }),
    );
  });

  test("are refused with the place of what is no JSON", () => {
    expect(() => checkedJson({ a: [1, { b: undefined }] }, refuse)).toThrow("value.a[1].b is undefined");
  });
});

test("a property __proto__ is refused, wherever it is", () => {
  fc.assert(
    fc.property(json, fc.constantFrom("[", '{"a":'), (value, open) => {
      const inner = `{"__proto__":${JSON.stringify(value)}}`;
      const text = open === "[" ? `[${inner}]` : `{"a":${inner}}`;

      expect(() => checkedJson(JSON.parse(text), refuse)).toThrow(
        "__proto__ is a property with a forbidden name",
      );
    }),
  );
});

describe("canonicalJson", () => {
  test("is the same for equal values, in whatever order their keys are", () => {
    fc.assert(fc.property(json, (value) => canonicalJson(reversed(value)) === canonicalJson(value)));
  });

  test("can be read back", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
