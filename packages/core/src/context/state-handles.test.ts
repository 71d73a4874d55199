import { describe, expect, test } from "vitest";
import * as z from "zod";
import { TestScope } from "../../test-support/state-scope.ts";
import type { JsonValue } from "../errors/json.ts";
import { Expiring } from "../state/expiring.ts";
import { ListCell } from "../state/list-cell.ts";
import { MapCell } from "../state/map-cell.ts";
import type { StateKey } from "../state/state-key.ts";
import { StateHandles } from "./state-handles.ts";

function setUp() {
  const scope = new TestScope();
  return { scope, state: new StateHandles(scope) };
}

const unavailable = (problem: unknown) =>
  expect.objectContaining({
    code: "STATE_UNAVAILABLE",
    kind: "usage",
    details: { step: "step-1", problem },
  });
const invalid = (name: string, path: string, got: string) =>
  expect.objectContaining({ code: "STATE_INVALID", details: { name, path, got } });

describe("a value", () => {
  test("is undefined until it is set, and after it was deleted", () => {
    const cart = setUp().state.value<{ n: number }>("cart");
    const before = cart.get();
    cart.set({ n: 1 });
    const set = cart.get();
    cart.delete();

    expect([before, set, cart.get()]).toEqual([undefined, { n: 1 }, undefined]);
  });

  test.each([0, "", false, null])("can be %j", (falsy) => {
    const value = setUp().state.value<JsonValue>("v");
    value.set(falsy);

    expect(value.get()).toBe(falsy);
  });

  test("updates what is there, from undefined on, and answers what is there then", () => {
    const total = setUp().state.value<number>("total");
    const seen: unknown[] = [];
    const add = (value: number | undefined) => {
      seen.push(value);
      return (value ?? 10) + 1;
    };

    expect([total.update(add), total.update(add), total.get()]).toEqual([11, 12, 12]);
    expect(seen).toEqual([undefined, 11]);
  });

  test("stays as it was when it cannot be set or updated", () => {
    const value = setUp().state.value<unknown>("v");
    value.set(1);

    expect(() => value.set(undefined)).toThrow(invalid("v", "value", "undefined"));
    expect(() => value.update(() => new Date(0))).toThrow(invalid("v", "value", "an object (Date)"));
    expect(value.get()).toBe(1);
  });

  test("shares nothing with what was set, got or updated", () => {
    const value = setUp().state.value<{ items: number[] }>("v");
    const given = { items: [1] };
    value.set(given);
    given.items.push(2);
    value.get()?.items.push(3);
    const answer = value.update((old) => old ?? given);
    answer.items.push(4);

    expect(value.get()).toEqual({ items: [1] });
  });
});

describe("a counter", () => {
  test("counts from 0 by 1, or by what it is told", () => {
    const hits = setUp().state.counter("hits");

    expect([hits.value, hits.add(), hits.add(), hits.add(-5), hits.add(0.5), hits.value]).toEqual([
      0, 1, 2, -3, -2.5, -2.5,
    ]);
  });

  test("is 0 again after a reset", () => {
    const hits = setUp().state.counter("hits");
    hits.add(3);
    hits.reset();

    expect([hits.value, hits.add()]).toEqual([0, 1]);
  });

  test.each([
    [Number.NaN, "the number NaN"],
    [Number.NEGATIVE_INFINITY, "the number -Infinity"],
    ["1" as never, 'the string "1"'],
    [1n as never, "the bigint 1"],
    [null as never, "null"],
  ])("does not add %s", (by, got) => {
    const hits = setUp().state.counter("hits");
    hits.add(2);

    expect(() => hits.add(by)).toThrow(invalid("hits", "by", got));
    expect(hits.value).toBe(2);
  });

  test("does not grow out of the numbers", () => {
    const hits = setUp().state.counter("hits");
    hits.add(Number.MAX_VALUE);

    expect(() => hits.add(Number.MAX_VALUE)).toThrow(invalid("hits", "value", "the number Infinity"));
    expect(hits.value).toBe(Number.MAX_VALUE);
  });
});

describe("a codec", () => {
  const dates = { encode: (date: Date) => date.getTime(), decode: (ms: JsonValue) => new Date(Number(ms)) };

  test("makes cells of values, items and the values of maps, and gets them back", () => {
    const { state } = setUp();
    state.value("v", { codec: dates }).set(new Date(1));
    state.list("l", { codec: dates }).append(new Date(2), new Date(3));
    state.map<string, Date>("m", { codec: dates }).set("a", new Date(4));

    expect(state.value("v", { codec: dates }).get()).toEqual(new Date(1));
    expect(state.list("l", { codec: dates }).get()).toEqual([new Date(2), new Date(3)]);
    expect([...state.map("m", { codec: dates }).entries()]).toEqual([["a", new Date(4)]]);
  });
});

describe("a schema", () => {
  const schema = z.object({ name: z.string().trim(), n: z.number().default(1) });

  test("converts what is written", () => {
    const { state } = setUp();
    const given = { name: " a " } as never;
    const value = state.value("v", { schema });
    state.list("l", { schema }).append(given);
    state.map("m", { schema }).set("k", given);

    expect(value.update(() => given)).toEqual({ name: "a", n: 1 });
    expect(value.get()).toEqual({ name: "a", n: 1 });
    expect(state.list("l", { schema }).get()).toEqual([{ name: "a", n: 1 }]);
    expect(state.map("m", { schema }).get("k")).toEqual({ name: "a", n: 1 });
  });

  test("refuses what does not fit, with the path", () => {
    const value = setUp().state.value("v", { schema });

    expect(() => value.set({ name: 5 } as never)).toThrow(
      invalid("v", "value.name", expect.stringContaining("refused by the schema") as never),
    );
    expect(value.get()).toBeUndefined();
  });
});

describe("the cells", () => {
  test("stand in a table of the name behind user/, wrapped when they have a time to live", () => {
    const { scope, state } = setUp();
    state.value("v").set({ n: 1 });
    state.list("l").append(1);
    state.map("m").set("a", 1);
    state.counter("c", { ttlMs: 5 }).add();
    scope.next();
    scope.commit();
    const cell = (name: string) => scope.record.table(name).get("key-1" as StateKey);

    expect(scope.record.names()).toEqual(["user/v", "user/l", "user/m", "user/c"]);
    expect(cell("user/v")).toEqual({ n: 1 });
    expect([...(cell("user/l") as ListCell<number>)]).toEqual([1]);
    expect([cell("user/l"), cell("user/m")]).toEqual([expect.any(ListCell), expect.any(MapCell)]);
    expect(cell("user/c")).toEqual(new Expiring(1, 5));
    expect(cell("user/c")).toBeInstanceOf(Expiring);
  });

  test("of what has become empty are deleted", () => {
    const { scope, state } = setUp();
    state.list("l").append(1);
    state.map("m").set("a", 1);
    scope.next();
    scope.commit();
    const before = scope.record.names();
    state.list("l").set([]);
    state.map("m").delete("a");
    scope.next();
    scope.commit();

    expect([before, scope.record.names()]).toEqual([["user/l", "user/m"], []]);
  });

  test("are not touched when nothing that is there is deleted", () => {
    const { scope, state } = setUp();
    state.value("v").delete();
    state.list("l").clear();
    state.list("l").set([]);
    state.list("l").append();
    state.map("m").clear();
    state.map("m").delete("a");
    state.counter("c").reset();
    scope.next();

    expect(scope.tables.take(() => 0)).toEqual([]);
  });
});

describe("without state", () => {
  test("every access says why", () => {
    const { scope, state } = setUp();
    const value = state.value("v");
    const list = state.list("l");
    const map = state.map("m");
    const counter = state.counter("c");
    scope.unavailable = "it is a filter";
    const accesses: (() => unknown)[] = [
      ...[() => state.value("v"), () => state.list("new"), () => state.map("m"), () => state.counter("c")],
      ...[() => value.get(), () => value.set(1), () => value.update(() => 1), () => value.delete()],
      ...[() => list.length, () => list.get(), () => [...list], () => list[Symbol.iterator]()],
      ...[
        () => list.append(),
        () => list.append(1),
        () => list.set([]),
        () => list.set([1]),
        () => list.clear(),
      ],
      ...[
        () => map.size,
        () => map.get("a"),
        () => map.has("a"),
        () => map.set("a", 1),
        () => map.delete("a"),
      ],
      ...[() => map.entries(), () => map.clear()],
      ...[() => value.set(undefined), () => list.append(undefined), () => list.set([undefined])],
      ...[() => map.set("a", undefined), () => counter.add(Number.NaN)],
      ...[() => counter.value, () => counter.add(), () => counter.reset()],
    ];

    for (const access of accesses) expect(access).toThrow(unavailable("it is a filter"));
  });

  test("handles work again when there is state again", () => {
    const { scope, state } = setUp();
    const counter = state.counter("c");
    scope.unavailable = "it is closed";
    expect(() => counter.add()).toThrow(unavailable("it is closed"));
    scope.unavailable = undefined;

    expect(counter.add()).toBe(1);
  });
});
