import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyPayload, awkwardKeys, portraitOf } from "../../test-support/payloads.ts";
import type { JsonValue } from "../errors/json.ts";
import { decodePayload, encodePayload } from "./json-payload.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 5000 : 300 });

const throughText = (json: JsonValue): JsonValue => JSON.parse(JSON.stringify(json)) as JsonValue;
const throughJson = (value: unknown) => decodePayload(throughText(encodePayload(value)));

describe("a payload", () => {
  test("comes back equal in value from its JSON, and from the text of its JSON", () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const portrait = portraitOf(payload);

        expect(portraitOf(decodePayload(encodePayload(payload)))).toBe(portrait);
        expect(portraitOf(throughJson(payload))).toBe(portrait);
      }),
    );
  });

  test("is encoded as JSON that is the same after JSON.stringify and JSON.parse", () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const encoded = encodePayload(payload);

        expect(portraitOf(throughText(encoded))).toBe(portraitOf(encoded));
      }),
    );
  });

  test("is the same after it was encoded, also when it is frozen", () => {
    fc.assert(
      fc.property(anyPayload, (payload) => {
        const before = portraitOf(payload);
        if (typeof payload === "object" && !ArrayBuffer.isView(payload)) Object.freeze(payload);

        encodePayload(payload);

        expect(portraitOf(payload)).toBe(before);
      }),
    );
  });

  test("that is JSON, and has no key that means something here, is encoded as itself", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => {
        fc.pre(!/"(?:\$|__proto__)":|-0/.test(portraitOf(payload)));

        expect(portraitOf(encodePayload(payload))).toBe(portraitOf(payload));
      }),
    );
  });

  test("shares nothing with its JSON, nor with what comes back", () => {
    const payload = { list: [1], bytes: Uint8Array.of(1) };
    const encoded = encodePayload(payload);
    const decoded = decodePayload(encoded) as typeof payload;
    payload.list.push(2);
    payload.bytes[0] = 2;
    decoded.list.push(3);

    expect(decodePayload(encoded)).toEqual({ list: [1], bytes: Uint8Array.of(1) });
  });

  test.each<[string, unknown, JsonValue]>([
    ["undefined", undefined, { $: "constant", v: "undefined" }],
    ["NaN", Number.NaN, { $: "constant", v: "NaN" }],
    ["-0", -0, { $: "constant", v: "-0" }],
    ["a bigint", -12n, { $: "bigint", v: "-12" }],
    ["a Date", new Date(5), { $: "Date", v: 5 }],
    ["an invalid Date", new Date(Number.NaN), { $: "Date", v: null }],
    ["a Map", new Map([["a", 1n]]), { $: "Map", v: [["a", { $: "bigint", v: "1" }]] }],
    ["a Set", new Set(["a"]), { $: "Set", v: ["a"] }],
    ["bytes", Uint8Array.of(0, 255), { $: "Uint8Array", v: "AP8=" }],
    ["a Buffer", Buffer.from([0, 255]), { $: "Uint8Array", v: "AP8=" }],
    [
      "an object that looks tagged",
      { $: "Set", v: [] },
      {
        $: "object",
        v: [
          ["$", "Set"],
          ["v", []],
        ],
      },
    ],
    ["an object with __proto__", JSON.parse('{"__proto__":1}'), { $: "object", v: [["__proto__", 1]] }],
    ["an object without prototype", Object.create(null), { $: "bare", v: [] }],
    ["an array with a hole", new Array(1), [{ $: "constant", v: "undefined" }]],
    ["other keys", { v: 1, toJSON: 2, constructor: 3 }, { v: 1, toJSON: 2, constructor: 3 }],
  ])("of %s is encoded as the format says, and comes back", (_, payload, encoded) => {
    expect(encodePayload(payload)).toStrictEqual(encoded);
    expect(portraitOf(decodePayload(encoded))).toBe(portraitOf(payload));
  });

  test.each(awkwardKeys)("keeps a key %j of its own, wherever it stands", (key) => {
    const object = Object.fromEntries([
      ["a", 1],
      [key, { polluted: true }],
      ["b", 2],
    ]);
    const payload = [object, new Map([[key, object]]), { inner: object }];

    const decoded = throughJson(payload);

    expect(portraitOf(decoded)).toBe(portraitOf(payload));
    expect("polluted" in {}).toBe(false);
    expect("polluted" in (decoded as object[])[0]!).toBe(false);
  });

  test("keeps lone surrogates, the order of keys, and fields that are undefined", () => {
    const payload = { "\ud800": "\udfff!", z: undefined, 1: 1, a: "😀" };

    expect(portraitOf(throughJson(payload))).toBe(portraitOf(payload));
  });

  test("may hold a large list, map, set, text and buffer", () => {
    const numbers = Array.from({ length: 50_000 }, (_, i) => i);
    const payload = [numbers, new Map(numbers.map((n) => [n, n])), new Set(numbers), "x".repeat(1_000_000)];
    const bytes = new Uint8Array(1_000_000).fill(7);

    expect(portraitOf(throughJson(payload)) === portraitOf(payload)).toBe(true);
    expect(Buffer.from(throughJson(bytes) as Uint8Array).equals(bytes)).toBe(true);
  });

  test("reads each of its getters once", () => {
    let reads = 0;
    const payload = {
      get n() {
        return ++reads;
      },
    };

    expect(encodePayload(payload)).toEqual({ n: 1 });
  });

  test("comes back with a memory of its own when its view is on shared memory", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(3);

    const decoded = throughJson(shared) as Uint8Array;

    expect([...decoded]).toEqual([3, 3]);
    expect(decoded.buffer).toBeInstanceOf(ArrayBuffer);
  });
});
