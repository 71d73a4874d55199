import { describe, expect, test } from "vitest";
import * as z from "zod";
import { TestScope } from "../../test-support/state-scope.ts";
import type { StateAccess } from "./state-access.ts";
import { StateHandles } from "./state-handles.ts";

function setUp() {
  const scope = new TestScope();
  return { scope, state: new StateHandles(scope) };
}

const unavailable = (problem: RegExp) =>
  expect.objectContaining({
    code: "STATE_UNAVAILABLE",
    details: { step: "step-1", problem: expect.stringMatching(problem) },
  });

/** Uses a name as a kind of state. */
const using: Record<
  Kind,
  (state: StateAccess, name: string, options?: { readonly ttlMs: number }) => unknown
> = {
  value: (state, name, options) => state.value(name, options),
  list: (state, name, options) => state.list(name, options),
  map: (state, name, options) => state.map(name, options),
  counter: (state, name, options) => state.counter(name, options),
};
type Kind = (typeof kinds)[number];
const kinds = ["value", "list", "map", "counter"] as const;
const pairs = kinds.flatMap((first) =>
  kinds.filter((kind) => kind !== first).map((kind) => [first, kind] as const),
);

describe("a name", () => {
  test.each(kinds)("has one handle as a %s", (kind) => {
    const { state } = setUp();

    expect(using[kind](state, "n")).toBe(using[kind](state, "n"));
    expect(using[kind](state, "n")).not.toBe(using[kind](state, "m"));
  });

  test.each(["a", "7", "a.b_c-D", "x".repeat(64)])("can be %s", (name) => {
    expect(setUp().state.counter(name).add()).toBe(1);
  });

  const refused = ["", "-a", ".a", "_a", "$a", "a b", "a/b", "a\n", "é", "x".repeat(65), 5, undefined, null];
  test.each(refused)("cannot be %j", (name) => {
    const { state } = setUp();

    for (const kind of kinds) {
      expect(() => using[kind](state, name as string)).toThrow(
        expect.objectContaining({
          code: "INVALID_OPTION",
          details: expect.objectContaining({ path: `${kind}(name)` }),
        }),
      );
    }
  });

  test("that is the name of an object's property is a name like others", () => {
    const { state } = setUp();
    state.value("constructor").set(1);

    expect([state.value("constructor").get(), state.value("toString").get()]).toEqual([1, undefined]);
  });

  test.each(pairs)("of a %s is not the name of a %s", (first, second) => {
    const { state } = setUp();
    using[first](state, "n");

    expect(() => using[second](state, "n")).toThrow(
      unavailable(new RegExp(`"n" is a ${first} .* a ${second}`)),
    );
    expect(using[first](state, "n")).toBe(using[first](state, "n"));
  });

  test.each(pairs)("of a %s is not the name of a %s in another context of the task", (first, second) => {
    const { scope, state } = setUp();
    using[first](state, "n");
    const other = new StateHandles(new TestScope(scope.tables));

    expect(() => using[second](other, "n")).toThrow(
      unavailable(new RegExp(`"n" is a ${first} .* a ${second}`)),
    );
    expect(() => using[second](other, "n")).toThrow(unavailable(/already/));
    expect(() => using[first](other, "n")).not.toThrow();
  });

  test("is free in another task", () => {
    setUp().state.list("n");

    expect(() => setUp().state.map("n")).not.toThrow();
  });

  test("that was refused is not taken", () => {
    const { state } = setUp();
    expect(() => state.value("n", { ttlMs: 0 })).toThrow();

    expect(() => state.list("n")).not.toThrow();
  });
});

describe("options", () => {
  const codec = { encode: (n: number) => n, decode: Number };
  const schema = z.number();

  test("may be another object with the same codec, schema and ttlMs", () => {
    const { state } = setUp();

    expect(state.value("v", { codec, schema, ttlMs: 5 })).toBe(state.value("v", { codec, schema, ttlMs: 5 }));
    expect(state.value("w", {})).toBe(state.value("w"));
  });

  const all = { codec, schema, ttlMs: 5 };
  test.each([
    ["codec", { ...all, codec: { ...codec } }],
    ["schema", { ...all, schema: z.number() }],
    ["ttlMs", { ...all, ttlMs: 6 }],
    ["codec that is left out", { schema, ttlMs: 5 }],
    ["schema that is left out", { codec, ttlMs: 5 }],
    ["ttlMs that is left out", { codec, schema }],
  ])("of one name may not have another %s", (_, options) => {
    const { state } = setUp();
    const uses: ((access: StateAccess, options: object) => unknown)[] = [
      (access, options) => access.value("v", options),
      (access, options) => access.list("l", options),
      (access, options) => access.map("m", options),
    ];

    for (const use of uses) {
      use(state, all);
      expect(() => use(state, options)).toThrow(unavailable(/has other options/));
    }
  });

  test("of a counter may not have another ttlMs", () => {
    const { state } = setUp();
    state.counter("c", { ttlMs: 5 });

    expect(() => state.counter("c", { ttlMs: 6 })).toThrow(unavailable(/has other options/));
    expect(() => state.counter("c")).toThrow(unavailable(/has other options/));
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5", null])("refuse %s for ttlMs", (ttlMs) => {
    const { state } = setUp();

    for (const kind of kinds) {
      expect(() => using[kind](state, "n", { ttlMs: ttlMs as number })).toThrow(
        expect.objectContaining({
          code: "INVALID_OPTION",
          details: expect.objectContaining({ path: `${kind}('n').ttlMs` }),
        }),
      );
    }
  });
});
