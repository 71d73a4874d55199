import assert from "node:assert/strict";
import type { ContractCase } from "../contract/contract.ts";
import { hostileNames } from "./hostile-names.ts";
import { type StoreLab, storeCase, type TaskProbe } from "./store-lab.ts";
import { cellOf, cellsOf, changes, everything, nothingYet, pairs, viewOf } from "./store-probes.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** Incarnations, what they restore, and that tasks do not see each other. */
export const storeLifeCases: readonly ContractCase<StateStoreSubject>[] = [
  storeCase("K-20", "a task that has committed nothing is restored empty, by incarnation 1", async (lab) => {
    const commit = await lab.task().open();

    assert.equal(commit.epoch, 1);
    assert.deepEqual(viewOf(commit.restored), nothingYet);
    assert.deepEqual(viewOf(commit.progress), nothingYet);
    assert.equal(commit.restored.delivered, undefined);
    assert.deepEqual(cellsOf(commit), []);
    assert.deepEqual([...commit.state.table("sums").entries()], []);
    assert.equal(await cellOf(commit, "sums", "k"), undefined);
  }),
  storeCase(
    "K-21",
    "each incarnation counts one more, and goes on as of the last applied unit",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const first = await task.open();
      await task.apply(first, { state: [changes("sums", pairs("old", 0))] });
      await task.apply(first, everything(target, 1));
      const seen = await task.seen(first);

      const second = await task.open();
      const third = await task.open();

      assert.deepEqual([second.epoch, third.epoch], [2, 3]);
      for (const later of [second, third]) assert.deepEqual(viewOf(later.restored), seen.progress);
      assert.deepEqual(await task.seen(third), seen);
      assert.deepEqual([third.restored.sequence, third.restored.position], [2, { at: 1 }]);
      await task.apply(third, { position: 7 });
      const { restored, epoch } = await task.open();
      assert.deepEqual([epoch, restored.sequence, restored.position], [4, 3, 7]);
    },
  ),
  storeCase(
    "K-22",
    "what an incarnation restores is a snapshot that later commits do not move; its progress moves",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const first = await task.open();
      await task.apply(first, everything(target, 1));
      const second = await task.open();
      const restored = viewOf(second.restored);

      await task.apply(second, everything(target, 2));
      assert.deepEqual(viewOf(second.restored), restored);
      assert.equal(second.progress.sequence, 2);
      assert.deepEqual(second.progress.position, { at: 2 });

      const third = await task.open();
      await task.apply(third, { position: 3 });
      assert.deepEqual(viewOf(first.restored), nothingYet);
      assert.deepEqual(viewOf(second.restored), restored);
    },
  ),
  storeCase("K-09", "tasks of one job do not see each other, whatever they are called", async (lab) => {
    await assertStrangers(hostileNames.map((node) => lab.task(node)));
  }),
  storeCase("K-23", "jobs of one factory do not see each other, whatever they are called", async (lab) => {
    await assertStrangers(hostileNames.map((job) => lab.task("task#0", job)));
    await assertStrangers(collisions(lab));
  }),
];

/** Tasks of which job and name, joined by some separator, read the same. */
function collisions(lab: StoreLab): TaskProbe[] {
  return ["", "/", ":", "#", ".", "\0"].flatMap((separator) => [
    lab.task(`b${separator}c`, "a"),
    lab.task("c", `a${separator}b`),
  ]);
}

/** Fails unless each task finds what it has committed itself, and no task is at an incarnation of another one. */
async function assertStrangers(tasks: readonly TaskProbe[]): Promise<void> {
  for (const [i, task] of tasks.entries()) {
    const commit = await task.open();
    assert.equal(commit.epoch, 1);
    assert.deepEqual(viewOf(commit.restored), nothingYet);
    assert.deepEqual(cellsOf(commit), []);
    await task.apply(commit, { position: i, state: [changes("cells", pairs(i, `cell ${i}`))] });
  }
  for (const [i, task] of tasks.entries()) {
    const commit = await task.open();
    assert.equal(commit.epoch, 2);
    assert.deepEqual([commit.restored.sequence, commit.restored.position], [1, i]);
    assert.deepEqual(cellsOf(commit), [["cells", [[i, `cell ${i}`]]]]);
  }
}
