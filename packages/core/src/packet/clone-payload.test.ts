import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clonePayload } from "./clone-payload.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

function clone<T>(value: T) {
  const shared: unknown[] = [];
  return { copy: clonePayload(value, (what) => shared.push(what)), shared };
}

/** Everything mutable that can be reached from a value. */
function mutables(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== "object" || value === null || found.has(value)) return found;
  found.add(value);
  if (ArrayBuffer.isView(value)) mutables(value.buffer, found);
  else if (value instanceof Map) for (const pair of value) for (const part of pair) mutables(part, found);
  else if (value instanceof Set) for (const part of value) mutables(part, found);
  else for (const part of Object.values(value)) mutables(part, found);
  return found;
}

const plain = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: true,
  withSparseArray: false,
});

describe("a copy of plain data", () => {
  test("equals the original and shares nothing mutable with it", () => {
    fc.assert(
      fc.property(plain, (value) => {
        const { copy, shared } = clone(value);

        expect(copy).toStrictEqual(value);
        const originals = mutables(value);
        for (const part of mutables(copy)) expect(originals.has(part)).toBe(false);
        expect(shared).toEqual([]);
      }),
    );
  });

  test("keeps cycles within itself", () => {
    const node: Record<string, unknown> = { list: [], map: new Map(), set: new Set() };
    (node.list as unknown[]).push(node);
    (node.map as Map<unknown, unknown>).set("self", node);
    (node.set as Set<unknown>).add(node);

    const { copy } = clone(node);

    expect(copy).not.toBe(node);
    expect((copy.list as unknown[])[0]).toBe(copy);
    expect((copy.map as Map<unknown, unknown>).get("self")).toBe(copy);
    expect([...(copy.set as Set<unknown>)]).toEqual([copy]);
  });

  test("keeps arrays, maps and sets that contain themselves", () => {
    const list: unknown[] = [];
    list.push(list);
    const map = new Map<string, unknown>();
    map.set("self", map);
    const set = new Set<unknown>();
    set.add(set);

    const copies = [clone(list).copy, clone(map).copy, clone(set).copy] as const;

    expect(copies[0][0]).toBe(copies[0]);
    expect(copies[1].get("self")).toBe(copies[1]);
    expect(copies[2].has(copies[2])).toBe(true);
  });

  test("keeps one object that is reached twice one object", () => {
    const inner = { n: 1 };
    const { copy } = clone({ a: inner, b: inner });

    expect(copy.a).toBe(copy.b);
    expect(copy.a).not.toBe(inner);
  });

  test("keeps an own __proto__ field a field", () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as object;
    const { copy } = clone(hostile);

    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.keys(copy)).toEqual(["__proto__", "a"]);
    expect("polluted" in {}).toBe(false);
    expect("polluted" in copy).toBe(false);
  });

  test("keeps undefined fields, -0, NaN and bigints", () => {
    const value = { a: undefined, b: -0, c: NaN, d: 10n };

    expect(clone(value).copy).toStrictEqual(value);
  });

  test("of a frozen object can be changed", () => {
    const { copy } = clone(Object.freeze({ n: 1 }) as { n: number });
    copy.n = 2;

    expect(copy.n).toBe(2);
  });
});

describe("a copy of binary data", () => {
  const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

  test.each([
    ["an ArrayBuffer", bytes.buffer.slice(0)],
    ["a typed array", Float64Array.of(1.5, NaN)],
    ["a part of a larger buffer", bytes.subarray(2, 5)],
    ["a DataView on a part", new DataView(bytes.buffer, 1, 3)],
    ["a Buffer", Buffer.from("hello")],
    ["a bigint array", BigInt64Array.of(-1n)],
  ])("%s has the same content and class", (_, value) => {
    const { copy, shared } = clone(value);

    expect(copy).toStrictEqual(value);
    expect(copy).not.toBe(value);
    expect(Object.getPrototypeOf(copy)).toBe(Object.getPrototypeOf(value));
    expect(shared).toEqual([]);
  });

  test("does not see what is written to the original later", () => {
    const buffer = Buffer.from("hello");
    const view = new DataView(new ArrayBuffer(2));
    const copies = [clone(buffer).copy, clone(view).copy] as const;

    buffer[0] = 0;
    view.setUint8(0, 9);

    expect(copies[0].toString()).toBe("hello");
    expect(copies[1].getUint8(0)).toBe(0);
  });
});

describe("what cannot be copied", () => {
  class Point {
    readonly x = 1;
  }
  class Index extends Map<string, number> {}

  test.each([
    ["an instance of a class", new Point()],
    ["an instance of a subclass of Map", new Index([["a", 1]])],
    ["a function", () => 1],
    ["a regular expression", /x/],
    ["an error", new Error("x")],
    ["a promise", Promise.resolve()],
    ["a view on shared memory", new Uint8Array(new SharedArrayBuffer(4))],
  ])("%s passes by reference and is reported, also deep inside a record", (_, value) => {
    const top = clone(value);
    const nested = clone({ list: [new Map([["k", value]])] });

    expect(top.copy).toBe(value);
    expect(top.shared).toEqual([value]);
    expect(nested.copy.list[0]?.get("k")).toBe(value);
    expect(nested.shared).toEqual([value]);
  });

  test("does not keep the rest of the record from being copied", () => {
    const value = { point: new Point(), rest: { n: 1 } };
    const { copy } = clone(value);

    expect(copy).toEqual(value);
    expect(copy.rest).not.toBe(value.rest);
  });

  test.each([[1], ["s"], [null], [undefined], [true], [1n]])(
    "the primitive %o is itself and reported to nobody",
    (value) => {
      expect(clone(value)).toEqual({ copy: value, shared: [] });
    },
  );
});
