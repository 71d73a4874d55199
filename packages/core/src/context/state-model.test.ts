import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TestScope } from "../../test-support/state-scope.ts";
import type { PartitionKey } from "../packet/partition-key.ts";
import type { StateKey } from "../state/state-key.ts";
import type { StateAccess } from "./state-access.ts";
import { StateHandles } from "./state-handles.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const keys: readonly StateKey[] = ["a", 1, "1", undefined];
const ttlMs = 10;

/** A plain state: an object, an array, a Map or a number; and when it is gone. */
interface Plain {
  readonly content: unknown;
  readonly until: number;
}
type Model = ReadonlyMap<string, Plain>;
type MapKey = Exclude<PartitionKey, bigint>;

/** One change, done to a handle and to a plain content; without an answer the plain state is as it was. */
interface Change {
  readonly kind: "value" | "list" | "map" | "counter";
  readonly change: (state: StateAccess, name: string, options: { readonly ttlMs?: number }) => void;
  readonly plain: (content: unknown) => { readonly content: unknown } | undefined;
}

type Value = { n: number[] };
const value = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }).map((n): Value => ({ n }));
const items = fc.array(value, { maxLength: 40 });
const mapKey: fc.Arbitrary<MapKey> = fc.constantFrom<MapKey>("x", "y", "", 0, "0", null, false, 7);
const gone = { content: undefined };

/** Spoils what was given to a handle, which must not matter. */
function spoil(...given: readonly Value[]): void {
  for (const { n } of given) n.push(-1);
}

const change: fc.Arbitrary<Change> = fc.oneof(
  value.map(
    (v): Change => ({
      kind: "value",
      change: (state, name, options) => {
        const given = structuredClone(v);
        state.value<Value>(name, options).set(given);
        spoil(given);
      },
      plain: () => ({ content: v }),
    }),
  ),
  value.map(
    (v): Change => ({
      kind: "value",
      change: (state, name, options) => {
        const handle = state.value<Value>(name, options);
        spoil(handle.update((old) => ({ n: [...(old?.n ?? []), ...v.n].slice(-4) })));
      },
      plain: (old) => ({ content: { n: [...((old as Value | undefined)?.n ?? []), ...v.n].slice(-4) } }),
    }),
  ),
  fc.constant<Change>({
    kind: "value",
    change: (state, name, options) => state.value(name, options).delete(),
    plain: () => gone,
  }),
  items.map(
    (added): Change => ({
      kind: "list",
      change: (state, name, options) => {
        const given = structuredClone(added);
        state.list<Value>(name, options).append(...given);
        spoil(...given);
      },
      plain: (old) =>
        added.length === 0 ? undefined : { content: [...((old as Value[] | undefined) ?? []), ...added] },
    }),
  ),
  items.map(
    (set): Change => ({
      kind: "list",
      change: (state, name, options) => {
        const given = structuredClone(set);
        state.list<Value>(name, options).set(given);
        spoil(...given);
        given.length = 0;
      },
      plain: () => ({ content: set }),
    }),
  ),
  fc.constant<Change>({
    kind: "list",
    change: (state, name, options) => state.list(name, options).clear(),
    plain: () => gone,
  }),
  fc.tuple(mapKey, value).map(
    ([key, v]): Change => ({
      kind: "map",
      change: (state, name, options) => {
        const given = structuredClone(v);
        state.map<MapKey, Value>(name, options).set(key, given);
        spoil(given);
      },
      plain: (old) => ({ content: new Map(old as Map<MapKey, Value> | undefined).set(key, v) }),
    }),
  ),
  mapKey.map(
    (key): Change => ({
      kind: "map",
      change: (state, name, options) => state.map<MapKey, Value>(name, options).delete(key),
      plain: (old) => {
        const map = new Map(old as Map<MapKey, Value> | undefined);
        return map.delete(key) ? { content: map } : undefined;
      },
    }),
  ),
  fc.constant<Change>({
    kind: "map",
    change: (state, name, options) => state.map(name, options).clear(),
    plain: () => gone,
  }),
  fc.integer({ min: -3, max: 3 }).map(
    (by): Change => ({
      kind: "counter",
      change: (state, name, options) => void state.counter(name, options).add(by),
      plain: (old) => ({ content: ((old as number | undefined) ?? 0) + by }),
    }),
  ),
  fc.constant<Change>({
    kind: "counter",
    change: (state, name, options) => state.counter(name, options).reset(),
    plain: () => gone,
  }),
);

const record = fc.record({
  key: fc.constantFrom(...keys),
  end: fc.constantFrom("accept", "accept", "discard", "commit", "restart"),
  steps: fc.array(
    fc.record({ change, expires: fc.boolean(), passesMs: fc.constantFrom(0, 0, 0, 1, 9, ttlMs) }),
    { maxLength: 8 },
  ),
});

const idOf = (name: string, key: StateKey): string => `${name} ${typeof key} ${key}`;

/** What the plain states show at a time, in the words of the handles. */
function modelView(model: Model, name: string, key: StateKey, now: number): unknown {
  const plain = model.get(idOf(name, key));
  return plain === undefined || now >= plain.until ? undefined : plain.content;
}

function expectSame(state: StateAccess, scope: TestScope, model: Model): void {
  const now = scope.clock.now();
  for (const [suffix, options] of [["", {}] as const, ["-ttl", { ttlMs }] as const]) {
    const plain = (kind: string) => modelView(model, kind + suffix, scope.key, now);
    const list = state.list<Value>(`list${suffix}`, options);
    const map = state.map<MapKey, Value>(`map${suffix}`, options);
    const items = (plain("list") ?? []) as Value[];
    const entries = [...((plain("map") ?? new Map()) as Map<MapKey, Value>)];

    expect(state.value(`value${suffix}`, options).get()).toEqual(plain("value"));
    expect(list.get()).toEqual(items);
    expect(list.length).toBe(items.length);
    expect([...map.entries()]).toEqual(entries);
    expect(map.size).toBe(entries.length);
    for (const [key, v] of entries) expect([map.has(key), map.get(key)]).toEqual([true, v]);
    expect(state.counter(`counter${suffix}`, options).value).toBe(plain("counter") ?? 0);
    spoil(...list, ...[...map.entries()].map(([, v]) => v));
  }
}

test("handles show what plain objects would, whatever records do and whether they succeed or fail", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 12 }), (records) => {
      const scope = new TestScope();
      let state = new StateHandles(scope);
      let committed: Model = new Map();
      let accepted: Model = new Map();
      for (const { key, end, steps } of records) {
        scope.key = key;
        const model = new Map(accepted);
        for (const { change, expires, passesMs } of steps) {
          const name = change.kind + (expires ? "-ttl" : "");
          change.change(state, name, expires ? { ttlMs } : {});
          const now = scope.clock.now();
          const next = change.plain(modelView(model, name, key, now));
          if (next !== undefined) {
            model.set(idOf(name, key), { ...next, until: expires ? now + ttlMs : Number.POSITIVE_INFINITY });
          }
          scope.clock.advance(passesMs);
          expectSame(state, scope, model);
        }
        if (end === "discard") scope.cells.discard();
        else if (end === "restart") {
          scope.restart();
          state = new StateHandles(scope);
          accepted = committed;
        } else {
          accepted = model;
          scope.next();
          if (end === "commit") {
            scope.commit();
            committed = accepted;
          }
        }
        for (const other of keys) {
          scope.key = other;
          expectSame(state, scope, accepted);
        }
      }
    }),
  );
});
