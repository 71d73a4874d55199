import assert from "node:assert/strict";
import { absent, type Commit, type StateKey } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { hostileNames } from "./hostile-names.ts";
import { storeCase } from "./store-lab.ts";
import { cellOf, cellsOf, changes, pairs } from "./store-probes.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** The entries of a table. */
const entriesOf = ({ state }: Commit, table = "t"): unknown[] => [...state.table(table).entries()];

/** Committed cells, and how they are read. */
export const storeStateCases: readonly ContractCase<StateStoreSubject>[] = [
  storeCase(
    "K-01",
    "cells of an applied unit are read through the state, replaced and deleted, table by table",
    async (lab) => {
      const task = lab.task();
      const commit = await task.open();
      const early = commit.state.table("sums");
      await task.change(
        commit,
        changes("sums", pairs("a", 1, "b", 2, "e", 5)),
        changes("counts", pairs("a", 10)),
      );
      const next = changes("sums", pairs("a", 3, "b", absent, "c", 4));
      await task.change(commit, next, changes("more", pairs("a", 20)));

      const sums = pairs("a", 3, "e", 5, "c", 4);
      for (const reader of [commit, await task.open()]) {
        const read = ["a", "b", "c", "d", "e"].map((key) => cellOf(reader, "sums", key));
        assert.deepEqual(await Promise.all(read), [3, undefined, 4, undefined, 5]);
        assert.equal(await cellOf(reader, "counts", "a"), 10);
        assert.equal(await cellOf(reader, "none", "a"), undefined);
        assert.deepEqual(
          cellsOf(reader),
          pairs("counts", pairs("a", 10), "more", pairs("a", 20), "sums", sums),
        );
      }
      assert.equal(early.get("a"), 3, "a table that was asked for before the commits shows them");
      assert.deepEqual([...early.entries()], sums);
    },
  ),
  storeCase("K-24", "keys are told apart as a Map tells them apart", async (lab) => {
    const task = lab.task();
    const first = await task.open();
    const all = keys.map((key, i) => [key, i] as const);
    await task.change(first, changes("t", all));

    for (const reader of [first, await task.open()]) {
      assert.deepEqual(entriesOf(reader), all);
      for (const [key, i] of all) assert.equal(await cellOf(reader, "t", key), i, String(key));
    }
    const last = await task.open();
    const deleted = all.filter(([, i]) => i % 2 === 0).map(([key]) => [key, absent] as const);
    await task.change(last, changes("t", deleted));
    const kept = all.filter(([, i]) => i % 2 === 1);
    assert.deepEqual(entriesOf(last), kept);
  }),
  storeCase("K-25", "-0 and 0 are one key, which is 0", async (lab) => {
    const task = lab.task();
    const commit = await task.open();
    await task.change(commit, changes("t", pairs(-0, "minus")));
    assert.deepEqual(entriesOf(commit), pairs(0, "minus"));

    await task.change(commit, changes("t", pairs(0, "plus")));
    assert.deepEqual([await cellOf(commit, "t", 0), await cellOf(commit, "t", -0)], ["plus", "plus"]);
    assert.deepEqual(entriesOf(commit), pairs(0, "plus"));
    await task.change(commit, changes("t", pairs(-0, absent)));
    assert.deepEqual(entriesOf(commit), []);
  }),
  storeCase("K-26", "entries come in the order in which their keys were first stored", async (lab) => {
    const task = lab.task();
    const commit = await task.open();
    await task.change(commit, changes("t", pairs("c", 1, 10, 2, "a", 3, 9, 4, "b", 5)));
    await task.change(commit, changes("t", pairs("b", 6, "c", 7)));
    await task.change(commit, changes("t", pairs("a", absent, 1, 8)));
    await task.change(commit, changes("t", pairs("a", 9)));

    const ordered = pairs("c", 7, 10, 2, 9, 4, "b", 6, 1, 8, "a", 9);
    for (const reader of [commit, await task.open()]) assert.deepEqual(entriesOf(reader), ordered);
  }),
  storeCase("K-27", "a table that a unit clears keeps nothing but what the unit sets in it", async (lab) => {
    const task = lab.task();
    const commit = await task.open();
    const before = pairs("a", 1, "b", 2);
    await task.change(commit, changes("t", before), changes("other", before));
    await task.change(commit, changes("t", pairs("c", 3, "a", 4, "d", absent), true));
    for (const reader of [commit, await task.open()]) {
      assert.deepEqual(cellsOf(reader), pairs("other", before, "t", pairs("c", 3, "a", 4)));
      assert.equal(await cellOf(reader, "t", "b"), undefined);
    }

    const last = await task.open();
    await task.change(last, changes("t", [], true), changes("never", [], true));
    assert.deepEqual(cellsOf(last), pairs("other", before));
  }),
  storeCase("K-28", "names are those of the tables with cells, whatever they are called", async (lab) => {
    const task = lab.task();
    const commit = await task.open();
    for (const name of hostileNames) commit.state.table(name);
    assert.deepEqual(commit.state.names(), []);
    await task.change(commit, ...hostileNames.map((name, i) => changes(name, pairs("k", i))));

    for (const reader of [commit, await task.open()]) {
      assert.deepEqual([...reader.state.names()].sort(), [...hostileNames].sort());
      for (const [i, name] of hostileNames.entries())
        assert.deepEqual(entriesOf(reader, name), pairs("k", i));
    }
    const last = await task.open();
    const emptied = hostileNames.slice(1).map((name) => changes(name, pairs("k", absent, "none", absent)));
    await task.change(last, ...emptied);
    assert.deepEqual([...last.state.names()], [hostileNames[0]]);
  }),
  storeCase("K-29", "a cell is handed back as it was stored, also to a new incarnation", async (lab) => {
    const task = lab.task();
    const commit = await task.open();
    const all = cells.map((cell, i) => [i, cell] as const);
    await task.change(commit, changes("t", all));

    for (const reader of [commit, await task.open()]) {
      for (const [i, cell] of all) assert.deepEqual(await cellOf(reader, "t", i), cell);
      assert.deepEqual(entriesOf(reader), all);
    }
  }),
  storeCase(
    "K-30",
    "with the capability `objects` a cell of any type is handed back itself",
    async (lab) => {
      const task = lab.task();
      const objects = [
        new Map([["a", 1]]),
        new Date(0),
        Symbol("s"),
        () => 1,
        { deep: { er: [1n] } },
        Number.NaN,
      ];
      const all = objects.map((cell, i) => [i, cell] as const);
      await task.change(await task.open(), changes("t", all));

      const reader = await task.open();
      for (const [i, cell] of all) assert.ok(Object.is(await cellOf(reader, "t", i), cell), `cell ${i}`);
    },
    { needs: ["objects"] },
  ),
];

/** Keys of which no two are the same, and many look alike. */
const keys: readonly StateKey[] = [
  ...[undefined, null, false, true, 0, 1, -1, 1.5, 1e21, 2 ** 53, Number.MIN_VALUE],
  ...[0n, 1n, -1n, 2n ** 53n, 10n ** 30n, 10n ** 30n + 1n],
  ...["true", "false", "0n", "1n", "1.5", "1e21", "9007199254740992", "\ud800", "\ud801"],
  ...hostileNames.filter((name) => name.length < 1000),
];

/** JSON values that are falsy, large, deep or hard to encode. */
const cells: readonly unknown[] = [
  ...[0, "", false, null, true, 1, -1.5, 1e308, 5e-324, Number.MAX_SAFE_INTEGER, "1", "null", "undefined"],
  ...["\0", "\ud800", "e\u0301\u{1f980}", "x".repeat(100_000), [], {}, [null], [[], [[]]], { "": 0 }],
  ...[
    { b: 1, a: { c: [1, "2", null, false] } },
    { constructor: 1, toString: null, length: 0, "a.b": "\n" },
  ],
  nested(100), // as deep as a state may be: 200 levels
];

function nested(levels: number): unknown {
  return levels === 0 ? "bottom" : { level: [nested(levels - 1)] };
}
