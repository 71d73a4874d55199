import assert from "node:assert/strict";
import { absent, type Commit, type StateKey, type TableChanges } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers } from "../contract/probes.ts";
import { storeCase } from "./store-lab.ts";
import { cellOf, changes } from "./store-probes.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** Large tables, and tables that change while they are read. */
export const storeTableCases: readonly ContractCase<StateStoreSubject>[] = [
  storeCase(
    "K-11",
    "a table of 100,000 keys is complete and in order for a new incarnation",
    async (lab) => {
      const task = lab.task();
      const commit = await task.open();
      for (const part of numbers(10)) await task.change(commit, cellsFrom(part * 10_000, 10_000, "a"));
      await task.change(commit, cellsFrom(70_000, 1000, "b"));

      const later = await task.open();
      let count = 0;
      for (const [key, cell] of later.state.table("t").entries()) {
        if (key !== count || cell !== (count >= 70_000 && count < 71_000 ? "b" : "a"))
          assert.fail(`entry ${count} is ${String(key)}: ${cell}`);
        count++;
      }
      assert.equal(count, 100_000);
      for (const n of [0, 65_536, 69_999, 71_000, 99_999]) assert.equal(await cellOf(later, "t", n), "a");
      assert.equal(await cellOf(later, "t", 70_500), "b");
      assert.equal(await cellOf(later, "t", 100_000), undefined);
    },
    { needs: ["large"] },
  ),
  storeCase(
    "K-31",
    "entries that are read while units are applied show each key that stays once, and none twice",
    async (lab) => {
      const task = lab.task();
      const commit = await task.open();
      await task.change(commit, cellsFrom(0, 1000, "a"));
      const stayed = numbers(1000).filter((n) => n % 100 < 40 || n % 100 >= 60);
      const again = stayed.map((key) => [key, "b"] as const);

      const seen = await readWhile(commit, async (read) => {
        if (read === 500) await task.change(commit, changes("t", again));
        if (read % 100 !== 50 || read > 1000) return;
        const gone = numbers(20).map((n) => [read - 10 + n, absent] as const);
        const more = numbers(20).map((n) => [`more ${read + n}`, "new"] as const);
        await task.change(commit, changes("t", [...gone, ...more]));
      });

      assertOnce(seen, stayed);
    },
  ),
  storeCase(
    "K-32",
    "entries that are read while a unit clears the table and sets its keys again show each of them once",
    async (lab) => {
      const task = lab.task();
      const commit = await task.open();
      await task.change(commit, cellsFrom(0, 100, "a"));

      const seen = await readWhile(commit, async (read) => {
        if (read === 50) await task.change(commit, { ...cellsFrom(0, 100, "b"), cleared: true });
      });

      assertOnce(seen, numbers(100));
    },
  ),
];

/** Sets the cells of `count` keys of the table `t`, which are numbers. */
function cellsFrom(first: number, count: number, cell: string): TableChanges {
  const cells = new Map<StateKey, unknown>();
  for (let key = first; key < first + count; key++) cells.set(key, cell);
  return { table: "t", cleared: false, cells };
}

/** Reads the table `t`; before each entry but the first the callback is told how many were read. */
async function readWhile(commit: Commit, between: (read: number) => Promise<void>): Promise<StateKey[]> {
  const seen: StateKey[] = [];
  for (const [key] of commit.state.table("t").entries()) {
    assert.ok(seen.length < 5000, "the entries do not end");
    seen.push(key);
    await between(seen.length);
  }
  return seen;
}

/** Fails unless these keys were seen, and none was seen twice. */
function assertOnce(seen: readonly StateKey[], stayed: readonly number[]): void {
  const once = new Set(seen);
  assert.equal(seen.length, once.size, "a key is shown twice");
  for (const n of stayed) assert.ok(once.has(n), `key ${n} is not shown`);
}
