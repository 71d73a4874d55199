import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { absent, type StateKey } from "./state-key.ts";
import { StateTable, type TableChanges } from "./state-table.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

/** A table over stored cells, and a store that applies what is taken from it. */
function setUp(...cells: readonly (readonly [StateKey, unknown])[]) {
  const stored = new Map<StateKey, unknown>(cells);
  const table = new StateTable("sums", stored);
  const apply = ({ cleared, cells: changed }: TableChanges) => {
    if (cleared) stored.clear();
    for (const [key, cell] of changed) {
      if (cell === absent) stored.delete(key);
      else stored.set(key, cell);
    }
  };
  return { stored, table, apply, keys: () => [...table.keys()] };
}

describe("a table of state", () => {
  test("shows what was committed, behind what its unit changes", () => {
    const { table, stored, keys } = setUp(["a", 1], ["b", 2]);
    table.put("a", 10);
    table.put("b", absent);
    table.put("c", 3);

    expect(["a", "b", "c", "d"].map((key) => table.get(key))).toEqual([10, undefined, 3, undefined]);
    expect(keys().sort()).toEqual(["a", "c"]);
    expect([...stored]).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
  });

  test.each([undefined, null, false, 0, "", 0n])("knows the key %o from every other one", (key) => {
    const { table, keys } = setUp(["a", 1]);
    table.put(key, "cell");

    expect([table.get(key), table.get("a"), keys().length]).toEqual(["cell", 1, 2]);
  });

  test("keeps cells that are falsy", () => {
    const { table, keys } = setUp(["a", 0]);
    table.put("b", null);
    table.put("c", "");

    expect([table.get("a"), table.get("b"), table.get("c"), keys().length]).toEqual([0, null, "", 3]);
  });

  test("hands over what its unit changes, once", () => {
    const { table } = setUp();
    table.put("a", 1);
    table.put("a", 2);
    table.put("b", absent);
    expect(table.changed).toBe(true);

    expect(table.take()).toEqual({
      table: "sums",
      cleared: false,
      cells: new Map<StateKey, unknown>([
        ["a", 2],
        ["b", absent],
      ]),
    });
    expect(table.changed).toBe(false);
    expect(table.take().cells.size).toBe(0);
  });

  test("does not change what it has handed over", () => {
    const { table } = setUp();
    table.put("a", 1);
    const { cells } = table.take();
    table.put("a", 2);
    table.clear();

    expect([...cells]).toEqual([["a", 1]]);
  });

  test("shows what it has handed over until the store has it, and then what is stored", () => {
    const { table, stored } = setUp(["a", 1], ["b", 1]);
    table.put("a", 2);
    table.put("b", absent);
    table.take();
    expect([table.get("a"), table.get("b")]).toEqual([2, undefined]);

    stored.set("a", 5);
    table.committed();
    expect([table.get("a"), table.get("b")]).toEqual([5, 1]);
  });

  test("shows nothing of before once it was cleared, also of what is being committed", () => {
    const { table, keys } = setUp(["a", 1]);
    table.put("b", 2);
    table.take();
    table.put("c", 3);
    table.clear();
    expect([table.get("a"), table.get("b"), table.get("c"), keys(), table.changed]).toEqual([
      ...[undefined, undefined, undefined, [], true],
    ]);

    table.put("a", 4);
    expect([table.get("a"), keys()]).toEqual([4, ["a"]]);
    expect(table.take()).toEqual({ table: "sums", cleared: true, cells: new Map([["a", 4]]) });
    expect([table.get("a"), table.get("b")]).toEqual([4, undefined]);
  });
});

describe("a settled record's change", () => {
  const [first, second] = [{}, {}];

  test("is seen at once, and is no part of the unit before it is released", () => {
    const { table, keys } = setUp(["a", 1]);
    table.settle("a", 2, first);
    table.settle("b", 3, first);
    expect([table.get("a"), table.get("b"), keys().sort(), table.changed]).toEqual([2, 3, ["a", "b"], false]);

    table.release("a", 2, first);
    table.release("b", 3, first);
    expect([...table.take().cells]).toEqual([
      ["a", 2],
      ["b", 3],
    ]);
  });

  test("may be a deletion", () => {
    const { table, keys } = setUp(["a", 1]);
    table.settle("a", absent, first);
    expect([table.get("a"), keys()]).toEqual([undefined, []]);

    table.release("a", absent, first);
    expect([...table.take().cells]).toEqual([["a", absent]]);
  });

  test("of a later record stays in sight when an earlier record's is released", () => {
    const { table } = setUp();
    table.settle("a", 1, first);
    table.settle("a", 2, second);
    table.release("a", 1, first);

    expect([table.get("a"), [...table.take().cells]]).toEqual([2, [["a", 1]]]);
    table.release("a", 2, second);
    expect([table.get("a"), [...table.take().cells]]).toEqual([2, [["a", 2]]]);
  });
});

describe("the keys of a table", () => {
  test("can be gone through while each is deleted and the deletions are committed in parts", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 20 }),
        fc.nat({ max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        (stored, fresh, part) => {
          const {
            table,
            apply,
            stored: store,
          } = setUp(...Array.from({ length: stored }, (_, i) => [`stored ${i}`, i] as const));
          for (let i = 0; i < fresh; i++) table.put(`fresh ${i}`, i);
          const seen: StateKey[] = [];
          for (const key of table.keys()) {
            seen.push(key);
            table.put(key, absent);
            if (seen.length % part > 0) continue;
            apply(table.take());
            table.committed();
          }
          apply(table.take());

          expect(seen).toHaveLength(stored + fresh);
          expect(new Set(seen).size).toBe(stored + fresh);
          expect(store.size).toBe(0);
        },
      ),
    );
  });
});

describe("any sequence of changes and commits", () => {
  const keys = ["a", "b", undefined, 0] as const;
  const newMap = () => new Map<StateKey, unknown>();
  const key = fc.constantFrom<StateKey>(...keys);
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(fc.constant("put" as const), key) },
    { weight: 2, arbitrary: fc.tuple(fc.constant("delete" as const), key) },
    { weight: 2, arbitrary: fc.tuple(fc.constant("settle" as const), key) },
    { weight: 2, arbitrary: fc.tuple(fc.constant("release" as const), key) },
    { weight: 4, arbitrary: fc.tuple(fc.constant("commit" as const), key) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("clear" as const), key) },
    { weight: 1, arbitrary: fc.tuple(fc.constant("crash" as const), key) },
  );

  test("is seen as if each had been made on a plain map, and a crash takes back what the store does not have", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60, size: "max" }), (plan) => {
        const parts = setUp();
        let { table } = parts;
        /** As the task sees it, as the unit so far makes it, as the last take made it, and as it is stored. */
        let [seen, unit, taken, stored] = [newMap(), newMap(), newMap(), newMap()];
        let flight: { readonly changes: TableChanges; applied: boolean } | undefined;
        const open = new Map<StateKey, { readonly cell: unknown; readonly owner: object }>();
        const change = (map: Map<StateKey, unknown>, k: StateKey, cell: unknown) => {
          if (cell === absent) map.delete(k);
          else map.set(k, cell);
        };
        for (const [n, [name, k]] of plan.entries()) {
          const cell = name === "delete" || n % 5 === 0 ? absent : n;
          if (name === "put" || name === "delete") {
            if (open.has(k)) continue; // the key is a record's that has settled
            table.put(k, cell);
            change(seen, k, cell);
            change(unit, k, cell);
          } else if (name === "settle") {
            if (open.has(k)) continue;
            const owner = {};
            open.set(k, { cell, owner });
            table.settle(k, cell, owner);
            change(seen, k, cell);
          } else if (name === "release") {
            const settled = open.get(k);
            if (settled === undefined) continue;
            open.delete(k);
            table.release(k, settled.cell, settled.owner);
            change(unit, k, settled.cell);
          } else if (name === "clear") {
            if (open.size > 0) continue;
            table.clear();
            seen = newMap();
            unit = newMap();
          } else if (name === "commit" && flight === undefined) {
            flight = { changes: table.take(), applied: false };
            taken = new Map(unit);
          } else if (name === "commit" && flight?.applied === false) {
            parts.apply(flight.changes);
            flight.applied = true;
            stored = taken;
          } else if (name === "commit") {
            table.committed();
            flight = undefined;
          } else {
            table = new StateTable("sums", parts.stored);
            seen = new Map(stored);
            unit = new Map(stored);
            flight = undefined;
            open.clear();
          }
          for (const each of keys) expect(table.get(each)).toBe(seen.get(each));
          const all = [...table.keys()];
          expect(all).toHaveLength(new Set(all).size);
          expect(new Set(all)).toEqual(new Set(seen.keys()));
          expect(new Map(parts.stored)).toEqual(stored);
        }
      }),
    );
  });
});
