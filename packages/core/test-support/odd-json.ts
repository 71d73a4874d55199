import * as fc from "fast-check";
import type { JsonValue } from "../src/errors/json.ts";
import { anyFieldName } from "./payloads.ts";

/** Every tag there is, and some that are none. */
const tags = (
  "constant bigint Date Map Set object bare ArrayBuffer DataView Uint8Array Uint16Array Float64Array BigInt64Array " +
  "ListCell MapCell Expiring nothing Nothing map Function __proto__ toString"
).split(" ");

const anyJsonScalar: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>(
    null,
    true,
    "undefined",
    "NaN",
    "-0",
    "12",
    "012",
    "AAAA",
    "AA==",
    "AB==",
    "A",
    "",
  ),
  fc.constantFrom<JsonValue>("Infinity", "__proto__", 8.64e15, 8.65e15, 0.5, -1, 0),
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** JSON that looks like what an encoder writes, and mostly is not. */
export const oddJson: fc.Arbitrary<JsonValue> = fc.letrec<{ json: JsonValue }>((tie) => {
  const part = tie("json");
  const named = fc.array(fc.tuple(anyFieldName, part), { maxLength: 3 });
  return {
    json: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      anyJsonScalar,
      fc.array(part, { maxLength: 3 }),
      named.map((fields) => Object.fromEntries(fields) as JsonValue),
      fc.tuple(fc.constantFrom(...tags), part).map(([$, v]): JsonValue => ({ $, v })),
      fc
        .tuple(fc.constantFrom(...tags), fc.array(fc.tuple(part, part), { maxLength: 3 }))
        .map(([$, v]): JsonValue => ({ $, v })),
      fc.tuple(fc.constantFrom(...tags), part, part).map(([$, v, more]): JsonValue => ({ $, v, more })),
    ),
  };
}).json;

/** The same JSON with one part of it, chosen by a number, replaced or left out. */
export function damaged(json: JsonValue, place: number, by: JsonValue | undefined): JsonValue {
  const copy: unknown[] = [JSON.parse(JSON.stringify(json))];
  const places: [holder: object, key: PropertyKey][] = [];
  const visit = (holder: object) => {
    for (const key of Object.keys(holder)) {
      places.push([holder, key]);
      const part = (holder as Record<string, unknown>)[key];
      if (typeof part === "object" && part !== null) visit(part);
    }
  };
  visit(copy);
  const [holder, key] = places[place % places.length] as [object, PropertyKey];
  if (by !== undefined || holder === copy) Reflect.set(holder, key, by ?? null);
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
  return copy[0] as JsonValue;
}
