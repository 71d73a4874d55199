import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import type { JsonValue } from "../errors/json.ts";
import { cellCodec, type StandardSchema, type StateCodec } from "./state-codec.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const plain = cellCodec<unknown>("cart", {});
const invalid = (path: string, got: unknown) =>
  expect.objectContaining({ code: "STATE_INVALID", kind: "usage", details: { name: "cart", path, got } });

class Money {
  cents = 1;
}

describe("a state without a codec", () => {
  test("gives back every JSON value", () => {
    const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('"__proto__":'));
    fc.assert(
      fc.property(json, (value) => {
        expect(plain.load(plain.store(value))).toEqual(value);
      }),
    );
  });

  test.each([null, true, 1.5, "text"])("stores and loads %s as it is", (value) => {
    expect(plain.store(value)).toBe(value);
    expect(plain.load(value)).toBe(value);
  });

  test("holds an object without prototype, as a plain one", () => {
    const value = Object.assign(Object.create(null), { a: 1 });

    expect(plain.store(value)).toStrictEqual({ a: 1 });
  });

  test("holds the same object twice, as two", () => {
    const item = { n: 1 };

    expect(plain.store({ left: item, right: [item, item] })).toEqual({ left: item, right: [item, item] });
  });

  test("does not see changes to what was stored", () => {
    const value = { items: [{ n: 1 }] };
    const cell = plain.store(value);
    value.items[0]!.n = 2;
    value.items.push({ n: 3 });

    expect(plain.load(cell)).toEqual({ items: [{ n: 1 }] });
  });

  test("does not see changes to what was loaded", () => {
    const codec = cellCodec<{ items: { n: number }[] }>("cart", {});
    const cell = codec.store({ items: [{ n: 1 }] });
    const loaded = codec.load(cell);
    loaded.items[0]!.n = 2;
    loaded.items.push({ n: 3 });

    expect(codec.load(cell)).toEqual({ items: [{ n: 1 }] });
  });
});

describe("what is no JSON", () => {
  const cycle: { a: unknown[] } = { a: [1] };
  cycle.a.push({ up: cycle });
  const own: unknown[] = [];
  own.push(own);
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

  const refused: readonly (readonly [unknown, string, string])[] = [
    [undefined, "value", "undefined"],
    [Number.NaN, "value", "the number NaN"],
    [[1, Number.POSITIVE_INFINITY], "value[1]", "the number Infinity"],
    [5n, "value", "the bigint 5"],
    [() => 1, "value", "a function"],
    [{ a: Symbol("s") }, "value.a", "a symbol"],
    [{ a: { b: undefined } }, "value.a.b", "undefined"],
    [new Array(1), "value[0]", "undefined"],
    [{ items: [{ price: new Money() }] }, "value.items[0].price", "an object (Money)"],
    [new Date(0), "value", "an object (Date)"],
    [new Map(), "value", "an object (Map)"],
    [new (class Items extends Array {})(), "value", "an object (Items)"],
    [Object.setPrototypeOf([], null), "value", "an object (no prototype)"],
    [{ [Symbol("s")]: 1 }, "value", "an object with the key Symbol(s)"],
    [JSON.parse('{"a":{"__proto__":1}}'), "value.a.__proto__", "a property with a forbidden name"],
    [cycle, "value.a[1].up", "a reference to something that contains it"],
    [own, "value[0]", "a reference to something that contains it"],
    [nested(201), `value${"[0]".repeat(200)}`, "nested more than 200 levels deep"],
  ];

  test.each(refused.map(([value, path, got]) => ({ path, got, store: () => plain.store(value) })))(
    "is refused with the path of the first part: $path, $got",
    ({ path, got, store }) => {
      expect(store).toThrow(invalid(path, got));
    },
  );

  test("is not what lies at the 200th level", () => {
    expect(plain.load(plain.store(nested(200)))).toEqual(nested(200));
  });

  test("is told with the path after parts that are JSON", () => {
    const store = () => plain.store({ a: [1, [2]], b: { c: "x" }, d: [[], {}, Symbol("s")] });

    expect(store).toThrow(invalid("value.d[2]", "a symbol"));
  });

  test("may follow a refusal", () => {
    expect(() => plain.store([own])).toThrow();

    expect(plain.store([[1]])).toEqual([[1]]);
  });
});

describe("a state with a codec", () => {
  const tags: StateCodec<Set<string>> = {
    encode: (set) => [...set],
    decode: (stored) => new Set(stored as string[]),
  };

  test("holds what the codec makes JSON of", () => {
    const codec = cellCodec("cart", { codec: tags });
    const cell = codec.store(new Set(["a", "b"]));

    expect(cell).toEqual(["a", "b"]);
    expect(codec.load(cell)).toEqual(new Set(["a", "b"]));
  });

  test("shares nothing with what the codec answers or gets", () => {
    const kept: JsonValue[] = [1];
    const codec = cellCodec<unknown>("cart", { codec: { encode: () => kept, decode: (stored) => stored } });
    const cell = codec.store("x");
    kept.push(2);
    (codec.load(cell) as number[]).push(3);

    expect(codec.load(cell)).toEqual([1]);
  });

  test("refuses what the codec answers that is no JSON", () => {
    const encode = (value: unknown) => ({ value }) as never;
    const codec = cellCodec<unknown>("cart", { codec: { encode, decode: (stored) => stored } });

    expect(() => codec.store(5n)).toThrow(invalid("value.value", "the bigint 5"));
  });

  test("refuses undefined without asking the codec", () => {
    const codec = cellCodec<unknown>("cart", { codec: { encode: () => 1, decode: () => 1 } });

    expect(() => codec.store(undefined)).toThrow(invalid("value", "undefined"));
  });

  test("lets an error of the codec through", () => {
    const error = new Error("cannot");
    const fail = (): never => {
      throw error;
    };
    const codec = cellCodec<unknown>("cart", { codec: { encode: fail, decode: fail } });

    expect(() => codec.store(1)).toThrow(error);
    expect(() => codec.load(1)).toThrow(error);
  });
});

describe("a state with a schema", () => {
  const schemaOf = <T>(validate: StandardSchema<T>["~standard"]["validate"]): StandardSchema<T> => ({
    "~standard": { version: 1, vendor: "test", validate },
  });

  test("holds what the schema accepts", () => {
    const codec = cellCodec("cart", { schema: z.object({ n: z.number() }) });
    const value: { n: number } = codec.load(codec.store({ n: 1 }));

    expect(value).toEqual({ n: 1 });
  });

  test("holds what the schema made of the value", () => {
    const codec = cellCodec("cart", {
      schema: z.object({ name: z.string().trim(), n: z.number().default(1) }),
    });

    expect(codec.store({ name: " a ", more: true } as never)).toEqual({ name: "a", n: 1 });
  });

  test("refuses what the schema refuses, with the path", () => {
    const codec = cellCodec("cart", { schema: z.object({ items: z.array(z.number()) }) });
    const got = "refused by the schema (Invalid input: expected number, received string)";

    expect(() => codec.store({ items: [1, "x"] } as never)).toThrow(invalid("value.items[1]", got));
  });

  test.each<[string, Parameters<typeof schemaOf>[0], string, string]>([
    ["no issue", () => ({ issues: [] }), "value", "refused by the schema (for no reason)"],
    ["no path", () => ({ issues: [{ message: "bad" }] }), "value", "refused by the schema (bad)"],
    [
      "several issues",
      () => ({ issues: [{ message: "bad", path: [{ key: "a" }, 0] }, { message: "b" }, { message: "c" }] }),
      "value.a[0]",
      "refused by the schema (bad, and 2 more)",
    ],
  ])("refuses what is refused with %s", (_, validate, path, got) => {
    const codec = cellCodec<unknown>("cart", { schema: schemaOf(validate) });

    expect(() => codec.store(1)).toThrow(invalid(path, got));
  });

  test("encodes what the schema answers", () => {
    const codec = cellCodec<Date>("cart", {
      schema: schemaOf((value) => ({ value: new Date((value as Date).getTime() + 1) })),
      codec: { encode: (date) => date.getTime(), decode: (stored) => new Date(stored as number) },
    });

    expect(codec.store(new Date(1))).toBe(2);
  });

  test("does not ask the schema when it loads", () => {
    const codec = cellCodec("cart", { schema: z.number() });

    expect(codec.load("old")).toBe("old");
  });

  test("refuses undefined, also from a schema that has a default or answers it", () => {
    const withDefault = cellCodec<unknown>("cart", { schema: z.number().default(1) });
    const answering = cellCodec<unknown>("cart", {
      schema: schemaOf(() => ({ value: undefined })),
      codec: { encode: () => 1, decode: () => 1 },
    });

    expect(() => withDefault.store(undefined)).toThrow(invalid("value", "undefined"));
    expect(() => answering.store(1)).toThrow(invalid("value", "undefined"));
  });

  test("refuses what the schema makes that is no JSON", () => {
    const codec = cellCodec<unknown>("cart", { schema: z.coerce.date() });

    expect(() => codec.store("2020-01-01")).toThrow(invalid("value", "an object (Date)"));
  });

  test("refuses an asynchronous schema, whatever it answers in the end", async () => {
    const checked = z.number().refine(async (n) => n > 0);
    const failing = schemaOf<number>(() => Promise.reject(new Error("late")));

    for (const schema of [checked, failing]) {
      const codec = cellCodec("cart", { schema });
      expect(() => codec.store(1)).toThrow(invalid("value", expect.stringContaining("must be synchronous")));
    }
    await Promise.resolve(); // a rejection that nobody handles would fail the run
  });
});
