import { describe, expect, test } from "vitest";
import { TestScope } from "../../test-support/state-scope.ts";
import type { StateAccess } from "./state-access.ts";
import { StateHandles } from "./state-handles.ts";

const options = { ttlMs: 100 };

interface Case {
  readonly kind: string;
  /** Every way to write, none of which empties the state. */
  readonly writes: readonly ((state: StateAccess) => void)[];
  readonly shows: (state: StateAccess) => unknown;
  readonly nothing: unknown;
}

const value = (state: StateAccess) => state.value<number>("n", options);
const list = (state: StateAccess) => state.list<number>("n", options);
const map = (state: StateAccess) => state.map<string, number>("n", options);
const counter = (state: StateAccess) => state.counter("n", options);

const cases: readonly Case[] = [
  {
    kind: "value",
    writes: [(state) => value(state).set(1), (state) => value(state).update(() => 1)],
    shows: (state) => value(state).get(),
    nothing: undefined,
  },
  {
    kind: "list",
    writes: [(state) => list(state).append(1), (state) => list(state).set([1])],
    shows: (state) => [list(state).length, list(state).get(), [...list(state)]],
    nothing: [0, [], []],
  },
  {
    kind: "map",
    writes: [
      (state) => map(state).set("a", 1),
      (state) => {
        map(state).set("b", 1);
        map(state).delete("b");
        map(state).set("a", 1);
      },
    ],
    shows: (state) => [map(state).size, map(state).get("a"), map(state).has("a"), [...map(state).entries()]],
    nothing: [0, undefined, false, []],
  },
  {
    kind: "counter",
    writes: [(state) => counter(state).add(), (state) => counter(state).add(2)],
    shows: (state) => counter(state).value,
    nothing: 0,
  },
];

function setUp() {
  const scope = new TestScope();
  return { scope, state: new StateHandles(scope) };
}

describe.each(cases)("a $kind with a time to live", ({ writes, shows, nothing }) => {
  const [write] = writes as [(state: StateAccess) => void];

  test("is there until ttlMs have passed, and gone exactly then", () => {
    const { scope, state } = setUp();
    write(state);
    const fresh = shows(state);
    scope.clock.advance(99.999);
    const old = shows(state);
    scope.clock.advance(0.001);

    expect(fresh).not.toEqual(nothing);
    expect(old).toEqual(fresh);
    expect(scope.clock.now()).toBe(100);
    expect(shows(state)).toEqual(nothing);
  });

  test("expires at the same moment when it is committed and read by a later incarnation", () => {
    const { scope, state } = setUp();
    write(state);
    const fresh = shows(state);
    scope.next();
    scope.commit();
    scope.restart();
    const later = new StateHandles(scope);
    scope.clock.advance(99);
    const old = shows(later);
    scope.clock.advance(1);

    expect([old, shows(later)]).toEqual([fresh, nothing]);
  });

  test("is renewed by every write", () => {
    for (const renew of writes) {
      const { scope, state } = setUp();
      write(state);
      scope.clock.advance(60);
      renew(state);
      scope.clock.advance(99);
      const old = shows(state);
      scope.clock.advance(1);

      expect(old).not.toEqual(nothing);
      expect(shows(state)).toEqual(nothing);
    }
  });

  test("is not renewed by reads", () => {
    const { scope, state } = setUp();
    write(state);
    for (let ms = 0; ms < 100; ms += 10) {
      scope.clock.advance(10);
      shows(state);
    }

    expect(shows(state)).toEqual(nothing);
  });

  test("begins anew when it is written after it has expired", () => {
    const { scope, state } = setUp();
    write(state);
    const fresh = shows(state);
    scope.clock.advance(100);
    write(state);
    const again = shows(state);
    scope.clock.advance(100);

    expect([again, shows(state)]).toEqual([fresh, nothing]);
  });

  test("keeps its deadline when an attempt to renew it fails", () => {
    const { scope, state } = setUp();
    write(state);
    scope.next();
    scope.clock.advance(60);
    write(state);
    scope.cells.discard();
    scope.clock.advance(40);

    expect(shows(state)).toEqual(nothing);
  });

  test("has a deadline for each key", () => {
    const { scope, state } = setUp();
    write(state);
    scope.clock.advance(50);
    scope.next("key-2");
    write(state);
    scope.clock.advance(50);
    const second = shows(state);
    scope.next("key-1");

    expect(second).not.toEqual(nothing);
    expect(shows(state)).toEqual(nothing);
  });
});

test("an update of an expired value begins with undefined", () => {
  const { scope, state } = setUp();
  value(state).set(1);
  scope.clock.advance(100);

  expect(value(state).update((old) => (old === undefined ? 7 : old))).toBe(7);
});

test("a write to one part renews a list and a map as a whole, and deleting a key of the map is one", () => {
  const { scope, state } = setUp();
  const items = state.list<number>("l", options);
  const entries = state.map<string, number>("m", options);
  items.append(1);
  entries.set("a", 1);
  entries.set("b", 2);
  scope.clock.advance(99);
  items.append(2);
  entries.delete("b");
  scope.clock.advance(99);

  expect([items.get(), [...entries.entries()]]).toEqual([[1, 2], [["a", 1]]]);
});

test("what changes nothing renews nothing", () => {
  const { scope, state } = setUp();
  const items = state.list<number>("l", options);
  const entries = state.map<string, number>("m", options);
  items.append(1);
  entries.set("a", 1);
  scope.clock.advance(99);
  items.append();
  entries.delete("b");
  scope.clock.advance(1);

  expect([items.length, entries.size]).toEqual([0, 0]);
});

test("a state without ttlMs does not expire", () => {
  const { scope, state } = setUp();
  state.counter("c").add();
  scope.clock.advance(1e12);

  expect(state.counter("c").value).toBe(1);
});
