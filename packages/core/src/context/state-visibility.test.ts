import { describe, expect, test } from "vitest";
import { TestScope } from "../../test-support/state-scope.ts";
import type { StateKey } from "../state/state-key.ts";
import { StateHandles } from "./state-handles.ts";

function setUp() {
  const scope = new TestScope();
  const state = new StateHandles(scope);
  const value = state.value<string>("v");
  const list = state.list<string>("l");
  const map = state.map<string, string>("m");
  const counter = state.counter("c");
  return {
    scope,
    state,
    /** Writes to every handle. */
    write(text: string): void {
      value.set(text);
      list.append(text);
      map.set(text, text);
      counter.add(text.length);
    },
    /** What every handle shows. */
    read: () => [value.get(), list.get(), [...map.entries()], counter.value],
  };
}

const nothing = [undefined, [], [], 0];
const written = (text: string) => [text, [text], [[text, text]], text.length];

describe("keys", () => {
  const keys: StateKey[] = [0, "", false, null, 1, "1", 1n, true, "true", "null", "undefined", undefined];
  const textOf = (i: number) => "x".repeat(i + 1);

  test("have a state each", () => {
    const { scope, write, read } = setUp();
    keys.forEach((key, i) => {
      scope.next(key);
      expect(read()).toEqual(nothing);
      write(textOf(i));
    });

    keys.forEach((key, i) => {
      scope.next(key);
      expect(read()).toEqual(written(textOf(i)));
    });
  });

  test("have a state each in what is committed", () => {
    const { scope, write } = setUp();
    keys.forEach((key, i) => {
      scope.next(key);
      write(textOf(i));
    });
    scope.next();
    scope.commit();
    scope.restart();
    const again = new StateHandles(scope);

    keys.forEach((key, i) => {
      scope.next(key);
      expect(again.value("v").get()).toBe(textOf(i));
      expect(again.list("l").get()).toEqual([textOf(i)]);
    });
  });

  test("that are deleted leave the others alone", () => {
    const { scope, state, write, read } = setUp();
    for (const key of ["1", 1]) {
      scope.next(key);
      write("a");
    }
    state.value("v").delete();
    state.list("l").clear();
    state.map("m").clear();
    state.counter("c").reset();
    const one = read();
    scope.next("1");

    expect([one, read()]).toEqual([nothing, written("a")]);
  });

  test("change under a handle from record to record", () => {
    const { scope, state } = setUp();
    const counter = state.counter("n");
    const counts = ["a", "b", "a", undefined, "a", undefined].map((key) => {
      scope.next(key);
      return counter.add();
    });

    expect(counts).toEqual([1, 1, 2, 1, 3, 2]);
  });
});

describe("an attempt", () => {
  test("that fails leaves nothing behind", () => {
    const { scope, write, read } = setUp();
    write("a");
    scope.next();
    write("b");
    scope.cells.discard();

    expect(read()).toEqual(written("a"));
  });

  test("that fails leaves nothing behind where nothing was before", () => {
    const { scope, write, read } = setUp();
    write("a");
    scope.cells.discard();
    const undone = read();
    write("b");
    scope.next();

    expect([undone, read()]).toEqual([nothing, written("b")]);
  });

  test("that fails takes back what it deleted", () => {
    const { scope, state, write, read } = setUp();
    write("a");
    scope.next();
    state.value("v").delete();
    state.list("l").set([]);
    state.map("m").delete("a");
    state.counter("c").reset();
    const deleted = read();
    scope.cells.discard();

    expect([deleted, read()]).toEqual([nothing, written("a")]);
  });

  test("that fails does not take back what the records before it did", () => {
    const { scope, state } = setUp();
    const list = state.list<number>("n");
    for (let n = 1; n <= 4; n++) {
      scope.next();
      list.append(n);
      if (n % 2 === 0) scope.cells.discard();
    }

    expect(list.get()).toEqual([1, 3]);
  });
});

describe("the contexts of one task", () => {
  test("see what a settled record of another one changed, and not what one in flight did", () => {
    const { scope, write } = setUp();
    const other = new TestScope(scope.tables);
    const counter = new StateHandles(other).counter("c");
    write("abc");
    const inFlight = counter.value;
    scope.cells.settle();

    expect([inFlight, counter.value]).toEqual([0, 3]);
  });
});
