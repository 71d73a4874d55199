import * as fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { PartitionKey } from "../packet/partition-key.ts";
import { MapCell } from "./map-cell.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const none: MapCell<number> = MapCell.empty;
type Model = ReadonlyMap<PartitionKey, number>;

/** The same change to both, or a deletion when there is no value. */
function change(cell: MapCell<number>, model: Model, key: PartitionKey, value: number | undefined) {
  const next = new Map(model);
  if (value === undefined) {
    next.delete(key);
    return { cell: cell.delete(key), model: next as Model };
  }
  next.set(key, value);
  return { cell: cell.set(key, value), model: next as Model };
}

function expectSame(cell: MapCell<number>, model: Model, keys: readonly PartitionKey[]): void {
  const read = (map: MapCell<number> | Model) => keys.map((key) => (map.has(key) ? map.get(key) : "absent"));
  expect(cell.size).toBe(model.size);
  expect([...cell]).toEqual([...model]);
  expect(read(cell)).toEqual(read(model));
  expect(keys.filter((key) => !cell.has(key) && cell.get(key) !== undefined)).toEqual([]);
}

const counted = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const filled = (from: number, to: number): MapCell<number> =>
  counted(from, to).reduce((cell, n) => cell.set(n, n), none);

describe("a map cell", () => {
  test("tells keys of different types apart", () => {
    const keys: PartitionKey[] = [1, "1", 1n, true, "true", 0, false, "", null, "null"];
    const cell = keys.reduce<MapCell<number>>((map, key, i) => map.set(key, i), none);

    expect(keys.map((key) => cell.get(key))).toEqual(keys.map((_, i) => i));
  });

  test("takes -0 for 0", () => {
    expect([...none.set(-0, 1).set(0, 2).set(-0, 3)]).toEqual([[0, 3]]);
  });

  test("has a key whose value is undefined", () => {
    const cell = (MapCell.empty as MapCell<undefined>).set("a", undefined);

    expect([cell.has("a"), cell.get("a"), cell.size, [...cell]]).toEqual([
      true,
      undefined,
      1,
      [["a", undefined]],
    ]);
  });

  test("keeps the place of a key that is set again", () => {
    expect([...none.set("a", 1).set("b", 2).set("a", 3)]).toEqual([
      ["a", 3],
      ["b", 2],
    ]);
  });

  test("moves a key to the end that is deleted and set again", () => {
    expect([...none.set("a", 1).set("b", 2).delete("a").set("a", 3)]).toEqual([
      ["b", 2],
      ["a", 3],
    ]);
  });

  test("is the same as before when an absent key is deleted", () => {
    const cell = none.set("a", 1);
    cell.set("b", 2);

    expect(cell.delete("b")).toBe(cell);
    expect(none.delete("a")).toBe(none);
  });

  test("is the empty one again after its last key was deleted", () => {
    expect(none.set("a", 1).delete("a")).toBe(MapCell.empty);
  });

  test("does not see what is changed while it is read", () => {
    const cell = filled(0, 100);
    let newest = cell;
    const read: PartitionKey[] = [];
    for (const [key] of cell.entries()) {
      read.push(key);
      newest = newest.delete(key).set(`new ${key}`, 0);
    }

    expect(read).toEqual(counted(0, 100));
    expect([...newest].map(([key]) => key)).toEqual(counted(0, 100).map((n) => `new ${n}`));
  });

  test("cannot be changed through its entries", () => {
    const cell = none.set("a", 1);
    for (const entry of cell) (entry as [PartitionKey, number])[1] = 9;

    expect(cell.get("a")).toBe(1);
  });

  test("keeps two maps apart that both began empty", () => {
    const left = none.set("a", 1);
    const right = none.set("b", 2);

    expect([[...none], [...left], [...right]]).toEqual([[], [["a", 1]], [["b", 2]]]);
  });
});

describe("a map cell, whatever branches off it,", () => {
  const key = fc.oneof(
    fc.constantFrom<PartitionKey[]>(1, "1", 1n, true, false, null, 0, ""),
    fc.integer({ min: 0, max: 40 }),
  );
  const value = fc.option(fc.nat(), { nil: undefined, freq: 2 });

  test("never changes", () => {
    // A place counted from the newest version, so that lines grow as well as bushes.
    const step = fc.record({ back: fc.oneof(fc.constant(0), fc.nat(20)), key, value });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
        const versions = [{ cell: none, model: new Map() as Model }];
        for (const { back, key, value } of steps) {
          const { cell, model } = versions[Math.max(0, versions.length - 1 - back)]!;
          versions.push(change(cell, model, key, value));
        }
        const keys = [...new Set(steps.map((step) => step.key))];
        for (const { cell, model } of versions) expectSame(cell, model, keys);
      }),
    );
  });

  test("never changes when it is large", () => {
    // Around the sizes at which the trees inside grow by a level.
    const size = fc.oneof(fc.integer({ min: 25, max: 32 }), fc.integer({ min: 1017, max: 1024 }));
    const bounds = fc.record({ size, step: fc.integer({ min: 1, max: 7 }) });
    const changes = fc.array(fc.tuple(fc.nat(1500), value), { minLength: 10, maxLength: 60 });
    fc.assert(
      fc.property(bounds, changes, ({ size, step }, changes) => {
        const base = {
          cell: filled(0, size),
          model: new Map(counted(0, size).map((n) => [n, n])) as Model,
        };
        let left = base;
        let right = base;
        for (const [n, value] of changes) left = change(left.cell, left.model, n, value);
        for (const [n] of changes) right = change(right.cell, right.model, n * step, -n);
        for (const { cell, model } of [base, left, right]) expectSame(cell, model, counted(0, 1500));
      }),
      { numRuns: process.env.SAGE_DEEP === "1" ? 100 : 10 },
    );
  });

  test("stays right while keys come and go", () => {
    let cell = filled(0, 50);
    for (const n of counted(50, 5000)) cell = cell.set(n, n).delete(n - 50);

    expect([...cell]).toEqual(counted(4950, 5000).map((n) => [n, n]));
    expect([cell.has(4949), cell.has(4950)]).toEqual([false, true]);
  });

  test("stays right while one key moves to the end again and again", () => {
    let cell = filled(0, 40);
    for (const n of counted(0, 1000)) cell = cell.delete(n % 40).set(n % 40, n);

    expect([...cell]).toEqual(counted(960, 1000).map((n) => [n % 40, n]));
  });

  test("stays right when attempt after attempt is dropped", () => {
    const base = filled(0, 50);
    const attempts = counted(100, 1100).map((n) => base.set(n, n).delete(n % 50));

    expect([...base]).toEqual(counted(0, 50).map((n) => [n, n]));
    attempts.forEach((attempt, i) => {
      const expected = counted(0, 50).filter((n) => n !== (i + 100) % 50);
      expect([...attempt].map(([key]) => key)).toEqual([...expected, i + 100]);
    });
  });

  test("gives up all but a few of many keys", () => {
    let cell = filled(0, 5000);
    const full = cell;
    for (const n of counted(0, 4997)) cell = cell.delete(n);

    expect([...cell]).toEqual([4997, 4998, 4999].map((n) => [n, n]));
    expect(full.size).toBe(5000);
    expect([...full.set(5000, 5000)]).toEqual(counted(0, 5001).map((n) => [n, n]));
  });
});

describe("the index that the versions of a map cell share", () => {
  /** Counts the entries that go into any index from now on. */
  function watchIndexes() {
    const spy = vi.spyOn(Map.prototype, "set");
    onTestFinished(() => spy.mockRestore());
    return spy.mock;
  }

  test("is not shared by maps that both began empty", () => {
    const { contexts } = watchIndexes();
    none.set("a", 1).set("b", 2);
    none.set("c", 3);

    expect(contexts.map((index) => index === contexts[0])).toEqual([true, true, false]);
  });

  test("is not made anew for a change to a large map", () => {
    const cell = filled(0, 1000);
    const { calls } = watchIndexes();
    cell.set(5, 0).set("new", 0).delete(7);

    expect(calls).toEqual([["new", 1000]]);
  });

  test("is made anew once it is mostly keys that have gone", () => {
    let cell = filled(0, 50);
    const { calls, contexts } = watchIndexes();
    for (const n of counted(50, 5050)) cell = cell.set(n, n).delete(n - 50);

    expect(new Set(contexts).size).toBeGreaterThan(10);
    expect(calls.length).toBeLessThan(2 * 5000);
  });

  test("is made anew now and then for a version from which attempt after attempt branches off", () => {
    const base = filled(0, 50);
    const { contexts } = watchIndexes();
    for (const n of counted(50, 350)) base.set(n, n);

    expect(new Set(contexts).size).toBeGreaterThan(1);
    expect(new Set(contexts).size).toBeLessThan(6);
  });
});
