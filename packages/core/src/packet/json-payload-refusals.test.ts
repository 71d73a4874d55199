import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import { anyLeaf, payloadWith, portraitOf } from "../../test-support/payloads.ts";
import type { JsonValue } from "../errors/json.ts";
import { checkPayload } from "./check-payload.ts";
import { decodePayload, encodePayload } from "./json-payload.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 5000 : 300 });

class Money {
  amount = 1;
}
class Index extends Map {}
class Header extends (DataView as new (buffer: ArrayBuffer) => object) {}

const throughJson = (value: unknown) =>
  decodePayload(JSON.parse(JSON.stringify(encodePayload(value))) as JsonValue);

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = wrap(value);
  return value;
}

describe("a payload that cannot be encoded", () => {
  const cycle: { a: unknown[] } = { a: [1] };
  cycle.a.push({ up: cycle });
  const refusable = fc.constantFrom<unknown>(
    () => 1,
    Symbol("s"),
    new Money(),
    new Error("x"),
    /x/,
    new WeakMap(),
    new SharedArrayBuffer(1),
    new Index(),
    new Header(new ArrayBuffer(1)),
    Object.create(Object.create(null)),
    cycle,
  );

  test("is refused exactly when an encoding edge refuses it, with the same path and reason", () => {
    fc.assert(
      fc.property(payloadWith(fc.oneof({ weight: 4, arbitrary: anyLeaf }, refusable)), (payload) => {
        expect(failureOf(() => encodePayload(payload))).toEqual(failureOf(() => checkPayload(payload)));
      }),
    );
  });

  test.each<[unknown, string, string]>([
    [{ a: { f: () => 1 } }, "order.a.f", "a function"],
    [[1, [2, Symbol("s")]], "order[1][1]", "a symbol"],
    [new Map([["a", { m: new Money() }]]), "order<value 0>.m", "an instance of Money"],
    [new Map([[new Money(), 1]]), "order<key 0>", "an instance of Money"],
    [new Set([1, new Money()]), "order<item 1>", "an instance of Money"],
    [cycle, "order.a[1].up", "a reference to something that contains it"],
    [Object.create(Array.prototype), "order", "an instance of Array"],
    [Object.create(Uint8Array.prototype), "order", "an instance of Uint8Array"],
    [Object.create(ArrayBuffer.prototype), "order", "an array buffer whose bytes were transferred"],
  ])(
    "is refused with the path of the first part that could not, by the caller's name: %o",
    (payload, path, got) => {
      expect(failureOf(() => encodePayload(payload, "order"))).toEqual({
        code: "NOT_SERIALIZABLE",
        details: { path, got },
      });
    },
  );

  test.each([
    ["an array buffer", (buffer: ArrayBuffer) => buffer],
    ["a typed array", (buffer: ArrayBuffer) => new Uint8Array(buffer)],
    ["a DataView", (buffer: ArrayBuffer) => new DataView(buffer)],
  ])("is %s whose bytes were transferred away", (_, viewOf) => {
    const buffer = new ArrayBuffer(4);
    const payload = { view: viewOf(buffer) };
    structuredClone(buffer, { transfer: [buffer] });

    expect(failureOf(() => encodePayload(payload))).toEqual({
      code: "NOT_SERIALIZABLE",
      details: { path: "record.view", got: "an array buffer whose bytes were transferred" },
    });
  });
});

describe("the depth of a payload", () => {
  const wraps: [string, (inner: unknown) => unknown, (inner: JsonValue) => JsonValue][] = [
    ["arrays", (inner) => [inner], (inner) => [inner]],
    ["objects", (a) => ({ a }), (a) => ({ a })],
    ["maps", (inner) => new Map([[inner, 1]]), (inner) => ({ $: "Map", v: [[inner, 1]] })],
    ["sets", (inner) => new Set([inner]), (inner) => ({ $: "Set", v: [inner] })],
    ["escaped objects", (inner) => ({ $: inner }), (inner) => ({ $: "object", v: [["$", inner]] })],
  ];

  test.each(wraps)("may be 200 levels of %s, and no more", (_, wrap) => {
    const allowed = nested(200, wrap);

    expect(portraitOf(throughJson(allowed))).toBe(portraitOf(allowed));
    expect(failureOf(() => encodePayload(wrap(allowed)))).toEqual(
      failureOf(() => checkPayload(wrap(allowed))),
    );
    expect(failureOf(() => encodePayload(wrap(allowed)))).toMatchObject({ code: "NOT_SERIALIZABLE" });
  });

  test.each(wraps)("is refused above 200 levels of encoded %s, however many there are", (_, __, wrap) => {
    for (const levels of [201, 100_000]) {
      const encoded = nested(levels, wrap as (inner: unknown) => unknown) as JsonValue;

      expect(failureOf(() => decodePayload(encoded))).toMatchObject({
        code: "SNAPSHOT_INVALID",
        details: { problem: "is nested more than 200 levels deep" },
      });
    }
  });

  test("counts dates and binary data when it is encoded and when it is decoded, but no scalars", () => {
    const wrap = (inner: unknown) => [inner];
    const scalars = nested(199, wrap) as unknown[];
    let innermost = scalars;
    while (Array.isArray(innermost[0])) innermost = innermost[0] as unknown[];
    innermost[0] = [undefined, 1n, Number.NaN];
    const date = JSON.parse(
      JSON.stringify(nested(200, wrap)).replace("1", '{"$":"Date","v":0}'),
    ) as JsonValue;

    expect(portraitOf(throughJson(scalars))).toBe(portraitOf(scalars));
    expect(failureOf(() => decodePayload(date))).toMatchObject({ code: "SNAPSHOT_INVALID" });
  });
});
