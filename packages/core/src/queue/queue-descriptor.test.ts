import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../errors/json.ts";
import { QueueDescriptor, type QueueDescriptorJson } from "./queue-descriptor.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const base: QueueDescriptorJson = { kind: "local", id: "job/map-2#0", capacity: 8 };
const name = fc.stringMatching(/^[A-Za-z0-9/#._ é𝄞-]{1,60}$/u);
const options = fc
  .dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
  .filter((o) => !/__proto__|"constructor"|prototype/.test(JSON.stringify(o))) as fc.Arbitrary<JsonObject>;
const fields = fc.record({ kind: name, id: name, capacity: fc.integer({ min: 1, max: 1e9 }), options });

const thrownBy = (json: unknown): unknown => {
  try {
    return QueueDescriptor.fromJSON(json);
  } catch (error) {
    return error;
  }
};

describe("a queue descriptor", () => {
  test("survives JSON without change (D-01)", () => {
    fc.assert(
      fc.property(fields, (json) => {
        const descriptor = new QueueDescriptor(json);
        const text = JSON.stringify(descriptor);
        const copy = QueueDescriptor.fromJSON(JSON.parse(text));

        expect(copy.differsIn(descriptor)).toBeUndefined();
        expect(copy.toJSON()).toEqual(JSON.parse(JSON.stringify(json)));
        expect(JSON.stringify(copy)).toBe(text);
      }),
    );
  });

  test("has empty options when none are given", () => {
    expect(new QueueDescriptor(base).options).toEqual({});
  });

  test("ignores unknown fields of the JSON that it is read from", () => {
    const descriptor = QueueDescriptor.fromJSON({ ...base, colour: "red" });

    expect(descriptor.toJSON()).toEqual({ ...base, options: {} });
  });

  test("withId names another queue with the same options", () => {
    const descriptor = new QueueDescriptor({ ...base, options: { a: [1] } });
    const other = descriptor.withId("other");

    expect(other.toJSON()).toEqual({ ...base, id: "other", options: { a: [1] } });
    expect(descriptor.id).toBe(base.id);
  });

  test("withId checks the new id", () => {
    expect(() => new QueueDescriptor(base).withId("")).toThrow(
      expect.objectContaining({ code: "INVALID_DESCRIPTOR" }),
    );
  });

  test("does not differ from a copy with the same id, whatever the order of its options", () => {
    const one = new QueueDescriptor({ ...base, options: { a: 1, b: { c: 2, d: 3 } } });
    const two = new QueueDescriptor({ ...base, options: { b: { d: 3, c: 2 }, a: 1 } });

    expect(one.differsIn(two)).toBeUndefined();
  });

  test("tells which field of the same queue differs", () => {
    const one = new QueueDescriptor({ ...base, options: { a: [1, 2] } });

    expect(one.differsIn(new QueueDescriptor({ ...base, capacity: 9 }))).toBe("capacity");
    expect(one.differsIn(new QueueDescriptor({ ...base, options: { a: [2, 1] } }))).toBe("options");
    expect(one.differsIn(new QueueDescriptor(base))).toBe("options");
  });

  test("is immutable, its options included, and does not follow what it was made from", () => {
    const mutable = { list: [1], inner: { n: 1 } };
    const descriptor = new QueueDescriptor({ ...base, options: mutable });
    mutable.inner.n = 2;
    mutable.list.push(2);

    expect(descriptor.options).toEqual({ list: [1], inner: { n: 1 } });
    for (const part of [descriptor, descriptor.options, descriptor.options.list, descriptor.options.inner]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe("an invalid queue descriptor", () => {
  test.each<[string, object]>([
    ["kind", { kind: "" }],
    ["kind", { kind: 5 }],
    ["kind", { kind: undefined }],
    ["id", { id: "" }],
    ["id", { id: "a\nb" }],
    ["id", { id: "a\u0000b" }],
    ["id", { id: "x".repeat(201) }],
    ["id", { id: null }],
    ["capacity", { capacity: 0 }],
    ["capacity", { capacity: -1 }],
    ["capacity", { capacity: 1.5 }],
    ["capacity", { capacity: NaN }],
    ["capacity", { capacity: Infinity }],
    ["capacity", { capacity: "8" }],
    ["capacity", { capacity: undefined }],
    ["options.a.b", { options: { a: { b: NaN } } }],
    ["options.a[1]", { options: { a: [1, undefined] } }],
    ["options.f", { options: { f: () => 1 } }],
    ["options.a[0].n", { options: { a: [{ n: 1n }] } }],
  ])("is refused with the path of the wrong field: %s in %o", (path, wrong) => {
    expect(thrownBy({ ...base, ...wrong })).toMatchObject({
      code: "INVALID_DESCRIPTOR",
      kind: "usage",
      details: { path },
    });
  });

  test.each(["__proto__", "constructor", "prototype"])(
    "may not have the option key %s at any depth",
    (key) => {
      const inner = JSON.parse(`{"${key}": 1}`) as object;

      expect(thrownBy({ ...base, options: inner })).toMatchObject({ details: { path: `options.${key}` } });
      expect(thrownBy({ ...base, options: { a: [inner] } })).toMatchObject({
        details: { path: `options.a[0].${key}` },
      });
    },
  );

  test.each([[null], [undefined], ["local"], [5]])("%o is no descriptor at all", (json) => {
    expect(thrownBy(json)).toMatchObject({ code: "INVALID_DESCRIPTOR" });
  });

  test.each([[[1]], ["fast"], [7]])("may not have options that are no JSON object: %o", (wrong) => {
    expect(thrownBy({ ...base, options: wrong })).toMatchObject({
      code: "INVALID_DESCRIPTOR",
      details: { path: "options" },
    });
  });

  test.each([[new Map([["a", 1]])], [new Date(0)]])(
    "may not have an option that JSON does not carry: %o",
    (value) => {
      expect(thrownBy({ ...base, options: { value } })).toMatchObject({
        code: "INVALID_DESCRIPTOR",
        details: { path: "options.value" },
      });
    },
  );

  test("may not have options that contain themselves", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;

    expect(thrownBy({ ...base, options: cyclic })).toMatchObject({ code: "INVALID_DESCRIPTOR" });
  });
});
