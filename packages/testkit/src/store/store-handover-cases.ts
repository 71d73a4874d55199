import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import type { TaskContents } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { rejectionOf } from "../contract/probes.ts";
import { storeCase } from "./store-lab.ts";
import { cellsOf, changes, everything, nothingYet, pairs, viewOf } from "./store-probes.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** What another job can go on from, as plain data; tables without cells are left out. */
function plain({ position, finished, tables }: TaskContents) {
  const all = [...tables].map(([name, cells]) => [name, [...cells]] as const);
  return structuredClone({ position, finished, tables: all.filter(([, cells]) => cells.length > 0).sort() });
}

/** What a job keeps that was never worked on. */
const empty: ReturnType<typeof plain> = { position: undefined, finished: false, tables: [] };

/** Contents as another job would have left them. */
const left = (finished: boolean): TaskContents => ({
  position: { at: 9 },
  finished,
  tables: new Map([
    ["sums", pairs("b", 1, "a", 2, undefined, 3)],
    ["__proto__", pairs(0, "zero", "0", "text")],
  ]),
});

/** What is seen of a task from outside of its commits, and what a job takes over from another one. */
export const storeHandoverCases: readonly ContractCase<StateStoreSubject>[] = [
  storeCase("K-62", "the progress of a task, asked of the store, is as of its last commit", async (lab) => {
    const store = lab.store("job");
    const task = lab.task("task#0");
    assert.equal(await store.progress("task#0"), undefined);
    const commit = await task.open();
    assert.deepEqual(viewOf((await store.progress("task#0")) ?? assert.fail("it was opened")), nothingYet);
    await task.apply(commit, everything(await lab.queue(), 1));
    await task.apply(await task.open(), { position: 2 });

    const { sequence, position } = (await store.progress("task#0")) ?? assert.fail("it was opened");
    assert.deepEqual([sequence, position], [2, 2]);
    assert.equal(await store.progress("task#1"), undefined);
    assert.equal(await lab.store("job 2").progress("task#0"), undefined);
  }),
  storeCase(
    "K-63",
    "a task that was looked at, or restored, was not opened yet: it has no progress",
    async (lab) => {
      const store = lab.store("job");
      await store.contents("looked at");
      assert.equal(await store.progress("looked at"), undefined);
      await store.restore("restored", left(false));
      assert.equal(await store.progress("restored"), undefined);
    },
  ),
  storeCase(
    "K-07",
    "the contents of a task are a snapshot, which later commits do not change",
    async (lab) => {
      const store = lab.store("job");
      const task = lab.task("task#0");
      const target = await lab.queue();
      const commit = await task.open();
      assert.deepEqual(plain(await store.contents("task#0")), empty);
      await task.change(commit, changes("more", pairs("z", 1, "a", { n: [2] })), changes("gone", []));
      await task.apply(commit, everything(target, 1));
      const contents = await store.contents("task#0");
      const later = await store.contents("task#0");
      const cleared = ["cleared", pairs(1, "cell 1")];
      const tables = [cleared, ...pairs("more", pairs("z", 1, "a", { n: [2] }), "sums", pairs("k", 1))];
      await task.apply(commit, {
        ...everything(target, 2),
        finished: true,
        state: [changes("sums", pairs("l", 2)), changes("more", [], true)],
      });

      for (const taken of [contents, later])
        assert.deepEqual(plain(taken), { position: { at: 1 }, finished: false, tables });
      const now = plain(await store.contents("task#0"));
      assert.deepEqual([now.position, now.finished], [{ at: 2 }, true]);
      assert.deepEqual(now.tables, [cleared, ["sums", pairs("k", 1, "l", 2)]]);
    },
  ),
  storeCase(
    "K-64",
    "the contents of a task that nobody knows are empty, and it can still be restored",
    async (lab) => {
      const store = lab.store("job");
      assert.deepEqual(plain(await store.contents("task#0")), empty);
      await store.restore("task#0", left(false));

      assert.deepEqual((await lab.task().open()).restored.position, { at: 9 });
      assert.deepEqual(plain(await store.contents("task#1")), empty);
    },
  ),
  storeCase(
    "K-65",
    "a restored task begins with position and cells of another job, and with channels and counts of its own",
    async (lab) => {
      for (const finished of [false, true]) {
        const node = `task ${finished}`;
        const task = lab.task(node);
        await lab.store("job").restore(node, left(finished));
        const commit = await task.open();
        const begun = { ...nothingYet, position: { at: 9 }, retired: finished };
        assert.equal(commit.epoch, 1);
        assert.deepEqual([viewOf(commit.restored), viewOf(commit.progress)], [begun, begun]);
        assert.deepEqual(cellsOf(commit), plain(left(finished)).tables);
        assert.deepEqual(task.positions, []);

        await task.change(commit, changes("sums", pairs("a", 5)));
        const { restored, state } = await task.open();
        assert.deepEqual([restored.sequence, restored.position, restored.finished], [1, { at: 9 }, false]);
        assert.equal(restored.retired, finished);
        assert.deepEqual([...state.table("sums").entries()], pairs("b", 1, "a", 5, undefined, 3));
      }
    },
  ),
  storeCase("K-66", "a task that was opened is not restored any more: nothing changes", async (lab) => {
    const store = lab.store("job");
    const task = lab.task("task#0");
    const commit = await task.open();
    const fresh = await task.seen(commit);
    const refused = async (): Promise<void> => {
      const error = await rejectionOf(() => store.restore("task#0", left(true)));
      assert.ok(hasCode(error, "ILLEGAL_STATE"), `the error must be ILLEGAL_STATE, not ${error}`);
    };
    await refused();
    assert.deepEqual(await task.seen(commit), fresh);

    await task.apply(commit, everything(await lab.queue(), 1));
    const before = await task.seen(commit);
    await refused();
    await task.assertUnchanged(commit, before);
  }),
  storeCase("K-67", "tasks that were restored from the same contents do not share them", async (lab) => {
    const store = lab.store("job");
    const [one, two] = [lab.task("one"), lab.task("two")];
    const source = lab.task("source");
    await source.change(await source.open(), changes("sums", pairs("a", 1, "b", 2)));
    const contents = await store.contents("source");
    for (const node of ["one", "two"]) await store.restore(node, contents);
    await one.change(await one.open(), changes("sums", pairs("a", 3)));
    await source.change(await source.open(), changes("sums", pairs("a", 4)));

    assert.deepEqual(cellsOf(await two.open()), pairs("sums", pairs("a", 1, "b", 2)));
    assert.deepEqual(plain(contents).tables, pairs("sums", pairs("a", 1, "b", 2)));
    assert.deepEqual(cellsOf(await one.open()), pairs("sums", pairs("a", 3, "b", 2)));
  }),
  storeCase(
    "K-68",
    "what was restored is what the contents are, as long as nothing was committed",
    async (lab) => {
      const store = lab.store("job");
      for (const finished of [false, true]) {
        const node = `task ${finished}`;
        await store.restore(node, left(finished));
        assert.deepEqual(plain(await store.contents(node)), plain(left(finished)));
        await lab.task(node).open();
        assert.deepEqual(plain(await store.contents(node)), plain(left(finished)));
      }
    },
  ),
];
