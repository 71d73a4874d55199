import { describe, expect, test } from "vitest";
import { checkPayload } from "./check-payload.ts";

class Money {
  amount = 1;
}

describe("a record that may leave its process", () => {
  const twice = { n: 1 };
  test.each<[string, unknown]>([
    ["plain data", { a: [1, "x", null, undefined, true, 5n, { b: NaN }] }],
    ["an object without prototype", Object.assign(Object.create(null), { a: 1 })],
    ["a Map, a Set and a Date", new Map<unknown, unknown>([[{ k: 1 }, new Set([new Date(0)])]])],
    ["array buffers and views", [new ArrayBuffer(2), new Uint8Array(2), new DataView(new ArrayBuffer(1))]],
    ["a Buffer", Buffer.from("x")],
    ["the same object twice, without a cycle", { left: twice, right: [twice, twice] }],
    ["an array with a hole", new Array(2)],
  ])("is %s", (_, payload) => {
    expect(() => checkPayload(payload)).not.toThrow();
  });
});

describe("a record that may not leave its process", () => {
  const cycle: { a: unknown[] } = { a: [1] };
  cycle.a.push({ up: cycle });
  const own: unknown[] = [];
  own.push(own);
  const map = new Map<unknown, unknown>();
  map.set("self", map);

  const refused: readonly (readonly [unknown, string, string])[] = [
    [() => 1, "record", "a function"],
    [Symbol("s"), "record", "a symbol"],
    [{ a: { f: () => 1 } }, "record.a.f", "a function"],
    [[1, [2, Symbol("s")]], "record[1][1]", "a symbol"],
    [{ price: new Money() }, "record.price", "an instance of Money"],
    [new (class extends Array {})(), "record", "an instance of "],
    [
      new Map([
        ["a", 1],
        [{ f: new Money() }, 2],
      ] as never),
      "record<key 1>.f",
      "an instance of Money",
    ],
    [new Map([["a", { m: new Money() }]]), "record<value 0>.m", "an instance of Money"],
    [new Set([1, new Money()]), "record<item 1>", "an instance of Money"],
    [{ e: new Error("x") }, "record.e", "an instance of Error"],
    [{ p: Promise.resolve() }, "record.p", "an instance of Promise"],
    [Object.create(Object.create(null)), "record", "an instance of an unnamed class"],
    [cycle, "record.a[1].up", "a reference to something that contains it"],
    [own, "record[0]", "a reference to something that contains it"],
    [map, "record<value 0>", "a reference to something that contains it"],
  ];

  test.each(refused.map(([payload, path, got]) => ({ path, got, check: () => checkPayload(payload) })))(
    "is refused with the path of the first part that could not: $path, $got",
    ({ path, got, check }) => {
      expect(check).toThrow(
        expect.objectContaining({
          code: "NOT_SERIALIZABLE",
          details: { path, got: expect.stringContaining(got) },
        }),
      );
    },
  );
});
