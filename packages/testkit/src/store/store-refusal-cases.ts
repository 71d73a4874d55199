import assert from "node:assert/strict";
import { SageError } from "@sage-kernel/core";
import type { ContractCase } from "../contract/contract.ts";
import { rejectionOf } from "../contract/probes.ts";
import { storeCase } from "./store-lab.ts";
import { assertOutcome, changes, everything, gate, outcomeOf, pairs } from "./store-probes.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** Units that are refused: they leave no trace. */
export const storeRefusalCases: readonly ContractCase<StateStoreSubject>[] = [
  storeCase(
    "K-04",
    "an earlier incarnation is fenced whatever it sends, and what it sends leaves no trace",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const zombie = await task.open();
      const own = await task.apply(zombie, everything(target, 1));
      const before = await task.seen(zombie);
      const late = [
        own,
        ...[2, 1, 3, 0].map((sequence) => task.unit(zombie, sequence, everything(target, 2))),
      ];
      const second = await task.open();

      for (const unit of late) await assertOutcome(zombie, unit, "fenced");
      assert.deepEqual(await task.seen(second), before);
      await task.apply(second, { position: 9 });
      for (const unit of late) await assertOutcome(zombie, unit, "fenced");
      const { progress, positions, ...rest } = await task.seen(second);
      assert.deepEqual([progress.sequence, progress.position, positions], [2, 9, [{ at: 1 }, 9]]);
      assert.deepEqual(rest, {
        cells: before.cells,
        letters: before.letters,
        collected: before.collected,
        queues: before.queues,
      });
    },
  ),
  storeCase("K-41", "a unit with the epoch of another incarnation is fenced", async (lab) => {
    const task = lab.task();
    const target = await lab.queue();
    await task.open();
    const commit = await task.open();
    await task.apply(commit, everything(target, 1));
    const before = await task.seen(commit);

    for (const epoch of [0, 1, 3, 2.5, Number.NaN])
      await assertOutcome(commit, task.next(commit, { ...everything(target, 2), epoch }), "fenced");
    await task.assertUnchanged(commit, before);
  }),
  storeCase(
    "K-42",
    "an earlier incarnation is fenced also with units that carry the epoch of a later one",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const zombie = await task.open();
      const later = await task.open();
      const own = await task.apply(later, everything(target, 1));
      const before = await task.seen(later);
      const forged = task.unit(later, 2, everything(target, 2));

      for (const unit of [forged, own]) await assertOutcome(zombie, unit, "fenced");
      await task.assertUnchanged(later, before);
    },
  ),
  storeCase(
    "K-06",
    "a unit that is not the next one, nor the last one again, is a mismatch and leaves no trace",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const commit = await task.open();
      const wrongFirst = [0, 2, -1].map((sequence) => task.unit(commit, sequence, everything(target, 3)));
      const fresh = await task.seen(commit);
      for (const unit of wrongFirst) await assertOutcome(commit, unit, "mismatch");
      assert.deepEqual(await task.seen(commit), fresh);

      const old = await task.apply(commit, everything(target, 1));
      await task.apply(commit, { position: 2 });
      const before = await task.seen(commit);
      const wrong = [0, 1, 2, 4, -1, 2.5, 3.5, Number.NaN, Number.POSITIVE_INFINITY];
      for (const unit of [
        old,
        ...wrong.map((sequence) => task.unit(commit, sequence, everything(target, 3))),
      ])
        await assertOutcome(commit, unit, "mismatch");
      assert.deepEqual(await task.seen(commit), before);
      await task.apply(commit, { position: 3 });
    },
  ),
  storeCase(
    "K-38",
    "dead letters that are refused by an error refuse their unit with it; nothing of it is visible, and it may come again",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const commit = await task.open();
      await task.apply(commit, { position: 1, state: [changes("sums", pairs("before", 1))] });
      const before = await task.seen(commit);
      const unit = task.next(commit, everything(target, 1));
      const full = new SageError("DEAD_LETTERS_FULL", { job: "job", capacity: 1 });
      task.judge = () => {
        throw full;
      };
      assert.equal(await rejectionOf(() => commit.commit(unit)), full);
      assert.deepEqual(await task.seen(commit), before);

      task.judge = () => undefined;
      await assertOutcome(commit, unit, "applied");
      await assertOutcome(commit, unit, "alreadyApplied");
      const { letters, collected, queues } = await task.seen(commit);
      assert.deepEqual([letters.length, collected, queues.out?.length], [1, ["x1", "y1"], 4]);
    },
  ),
  storeCase(
    "K-39",
    "a unit that was refused by an error is not known to the next incarnation",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const commit = await task.open();
      await task.apply(commit, { position: 1 });
      const before = await task.seen(commit);
      task.judge = () => {
        throw new SageError("DEAD_LETTERS_FULL", { job: "job", capacity: 1 });
      };
      await rejectionOf(() => commit.commit(task.next(commit, everything(target, 1))));

      await task.assertUnchanged(commit, before);
    },
  ),
  storeCase(
    "K-40",
    "dead letters without room hold back all of their unit; once there is room the same unit is applied",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const commit = await task.open();
      await task.apply(commit, { position: 1, state: [changes("sums", pairs("before", 1))] });
      const before = await task.seen(commit);
      const unit = task.next(commit, everything(target, 1));
      const { opened, open } = gate();
      task.judge = () => opened;
      const outcome = await outcomeOf(commit, unit);
      assert.equal(outcome.code, "backpressure");
      assert.deepEqual(await task.seen(commit), before);
      await assertOutcome(commit, unit, "backpressure");
      assert.deepEqual(await task.seen(commit), before);

      task.judge = () => undefined;
      open();
      if (outcome.code === "backpressure") await outcome.room;
      await assertOutcome(commit, unit, "applied");
      const { letters, collected, queues, progress } = await task.seen(commit);
      assert.deepEqual([letters.length, collected, queues.out?.length], [1, ["x1", "y1"], 4]);
      assert.deepEqual([progress.sequence, progress.position], [2, { at: 1 }]);
    },
  ),
  storeCase(
    "K-43",
    "a unit that was held back for want of room is fenced once there is a later incarnation",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const commit = await task.open();
      const before = await task.seen(commit);
      const unit = task.next(commit, everything(target, 1));
      const { opened, open } = gate();
      task.judge = () => opened;
      await assertOutcome(commit, unit, "backpressure");
      const later = await task.assertUnchanged(commit, before);

      task.judge = () => undefined;
      open();
      await assertOutcome(commit, unit, "fenced");
      assert.deepEqual(await task.seen(later), before);
      await task.apply(later, everything(target, 1));
    },
  ),
];
