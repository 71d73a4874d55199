import { describe, expect, test } from "vitest";
import { TestScope } from "../../test-support/state-scope.ts";
import { StateHandles } from "./state-handles.ts";

function setUp() {
  const scope = new TestScope();
  return { scope, state: new StateHandles(scope) };
}

const invalid = (name: string, path: string, got: string) =>
  expect.objectContaining({ code: "STATE_INVALID", details: { name, path, got } });

describe("a list", () => {
  test("has its items in the order in which they were appended", () => {
    const list = setUp().state.list<string>("l");
    const before = [list.length, list.get()];
    list.append("a");
    list.append("b", "c");
    list.append();

    expect(before).toEqual([0, []]);
    expect([list.length, list.get(), [...list]]).toEqual([3, ["a", "b", "c"], ["a", "b", "c"]]);
  });

  test("is replaced by set and emptied by clear", () => {
    const list = setUp().state.list<number>("l");
    list.append(1, 2);
    list.set([3]);
    const replaced = list.get();
    list.clear();
    const cleared = [list.length, list.get()];
    list.append(4);

    expect([replaced, cleared, list.get()]).toEqual([[3], [0, []], [4]]);
  });

  test("takes 200,000 items at once", () => {
    const list = setUp().state.list<number>("l");
    const many = Array.from({ length: 200_000 }, (_, i) => i);
    list.set(many);

    expect(list.length).toBe(200_000);
    expect(list.get().every((item, i) => item === i)).toBe(true);
  });

  test("takes all items or none", () => {
    const list = setUp().state.list<unknown>("l");
    list.append(1);

    expect(() => list.append(2, undefined)).toThrow(invalid("l", "value", "undefined"));
    expect(() => list.set([3, Number.NaN])).toThrow(invalid("l", "value", "the number NaN"));
    expect(() => list.set(new Array(1))).toThrow(invalid("l", "value", "undefined"));
    expect(list.get()).toEqual([1]);
  });

  test("is iterated as it was when the iteration began", () => {
    const { scope, state } = setUp();
    const list = state.list<number>("l");
    list.append(1, 2);
    const iterator = list[Symbol.iterator]();
    list.append(3);
    scope.next("key-2");

    expect([iterator.next().value, iterator.next().value, iterator.next().done]).toEqual([1, 2, true]);
  });

  test("shares nothing with what was put in or taken out", () => {
    const list = setUp().state.list<{ n: number }>("l");
    const given = { n: 1 };
    list.append(given);
    given.n = 2;
    for (const item of list) item.n = 3;
    list.get()[0]!.n = 4;
    list.get().push(given);

    expect(list.get()).toEqual([{ n: 1 }]);
  });
});

describe("a map", () => {
  test("has the values that were set for its keys, in the order of the keys", () => {
    const map = setUp().state.map<string, number>("m");
    map.set("a", 1);
    map.set("b", 2);
    map.set("a", 3);

    expect([map.size, map.get("a"), map.has("b"), map.get("c"), map.has("c")]).toEqual([
      2,
      3,
      true,
      undefined,
      false,
    ]);
    expect([...map.entries()]).toEqual([
      ["a", 3],
      ["b", 2],
    ]);
  });

  test("loses the keys that are deleted, and all when it is cleared", () => {
    const map = setUp().state.map<number, boolean>("m");
    for (const key of [1, 2, 3]) map.set(key, false);
    map.delete(2);
    map.delete(7);
    const left = [...map.entries()];
    map.delete(1);
    map.delete(3);
    const sizes = [map.size];
    map.set(4, true);
    map.clear();

    expect(left).toEqual([
      [1, false],
      [3, false],
    ]);
    expect([...sizes, map.size, map.has(4)]).toEqual([0, 0, false]);
  });

  test("is iterated as it was when the iteration began", () => {
    const map = setUp().state.map<string, number>("m");
    map.set("a", 1);
    const entries = map.entries();
    map.set("b", 2);
    map.delete("a");

    expect([...entries]).toEqual([["a", 1]]);
  });

  test("refuses keys and values that cannot be kept, and stays as it was", () => {
    const map = setUp().state.map<never, unknown>("m");
    map.set("a" as never, 1);

    expect(() => map.set("a" as never, undefined)).toThrow(invalid("m", "value", "undefined"));
    expect(() => map.set(Number.NaN as never, 1)).toThrow(invalid("m", "key", "the number NaN"));
    expect(() => map.set(undefined as never, 1)).toThrow(invalid("m", "key", "undefined"));
    expect(() => map.set({} as never, 1)).toThrow(invalid("m", "key", "an object (Object)"));
    expect([...map.entries()]).toEqual([["a", 1]]);
  });

  test("shares nothing with what was put in or taken out", () => {
    const map = setUp().state.map<string, { n: number }>("m");
    const given = { n: 1 };
    map.set("a", given);
    given.n = 2;
    map.get("a")!.n = 3;
    for (const [, value] of map.entries()) value.n = 4;

    expect(map.get("a")).toEqual({ n: 1 });
  });
});
