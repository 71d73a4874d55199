import { expect, test } from "vitest";
import { Expiring } from "./expiring.ts";
import type { StateKey } from "./state-key.ts";
import { TtlSweep } from "./ttl-sweep.ts";

/** A sweep over these cells. */
function setUp(...entries: readonly (readonly [StateKey, unknown])[]) {
  const cells = new Map<StateKey, unknown>(entries);
  return { cells, sweep: new TtlSweep(cells) };
}

const numbered = (count: number, expiresAt: number) =>
  Array.from({ length: count }, (_, i) => [i, new Expiring("cell", expiresAt)] as const);

test("a sweep finds a cell at the very moment at which it expires, and not before", () => {
  const { sweep } = setUp(["a", new Expiring("cell", 100)]);

  expect([99, 99.999, 100, 101].map((now) => sweep.expired(now))).toEqual([[], [], ["a"], ["a"]]);
});

test("a sweep finds expired cells of every key", () => {
  const keys: StateKey[] = [undefined, null, 0, "", false, 1n];
  const { sweep } = setUp(...keys.map((key) => [key, new Expiring("cell", 1)] as const));

  expect(sweep.expired(1)).toEqual(keys);
});

test("a sweep leaves out cells without a time to live", () => {
  const { sweep } = setUp(["a", { cell: 1, expiresAt: 0 }], ["b", 1], ["c", new Expiring("cell", 1)]);

  expect(sweep.expired(1)).toEqual(["c"]);
});

test("a call looks at 32 entries, and the next one goes on behind them", () => {
  const { sweep } = setUp(...numbered(70, 1));

  const calls = [sweep.expired(1), sweep.expired(1), sweep.expired(1)];

  expect(calls.map((keys) => keys.length)).toEqual([32, 32, 6]);
  expect(calls.flat()).toEqual(Array.from({ length: 70 }, (_, i) => i));
});

test("a call looks at no entry twice, however few there are", () => {
  const { sweep } = setUp(...numbered(3, 1));

  expect(sweep.expired(1)).toEqual([0, 1, 2]);
});

test("a sweep goes round: what expires later is found in a later round", () => {
  const { sweep } = setUp(...numbered(40, 5));
  const early = [sweep.expired(4), sweep.expired(4)];

  const late = [sweep.expired(5), sweep.expired(5)];

  expect(early.flat()).toEqual([]);
  expect(late.flat()).toHaveLength(40);
});

test("a sweep finds everything while what it found is deleted and more is added", () => {
  const { cells, sweep } = setUp(...numbered(100, 1));
  const found: StateKey[] = [];
  for (let call = 0; call < 10; call++) {
    cells.set(`new-${call}`, new Expiring("cell", 1));
    for (const key of sweep.expired(1)) {
      found.push(key);
      cells.delete(key);
    }
  }

  expect(cells.size).toBe(0);
  expect(new Set(found).size).toBe(110);
});

test("a sweep over an empty table finds nothing, and finds what comes later", () => {
  const { cells, sweep } = setUp();
  const before = sweep.expired(1);
  cells.set("a", new Expiring("cell", 1));

  expect([before, sweep.expired(1)]).toEqual([[], ["a"]]);
});
