import assert from "node:assert/strict";
import type { CommitOutcome } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { rejectionOf, started } from "../contract/probes.ts";
import { Sender } from "../queue/queue-probes.ts";
import { FaultyStores } from "./faulty-stores.ts";
import { storeCase } from "./store-lab.ts";
import {
  assertOutcome,
  changes,
  deliveredOf,
  everything,
  outcomeOf,
  outputTo,
  pairs,
} from "./store-probes.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** Units that come again, and commits that race. */
export const storeReplayCases: readonly ContractCase<StateStoreSubject>[] = [
  storeCase("K-05", "the very same unit again was applied already, and has no second effect", async (lab) => {
    const task = lab.task();
    const target = await lab.queue();
    const commit = await task.open();
    await task.apply(commit, { position: 0 });
    const unit = await task.apply(commit, everything(target, 1));
    const before = await task.seen(commit);

    for (const again of [unit, { ...unit }, unit]) await assertOutcome(commit, again, "alreadyApplied");
    await task.assertUnchanged(commit, before);
  }),
  storeCase(
    "K-45",
    "a unit whose answer was lost is applied once, however often it comes again",
    async (lab, subject) => {
      const task = lab.task();
      const target = await lab.queue();
      const faults = ["lostRequest", "lostReply", "lostReply"] as const;
      let sent = 0;
      const stores = new FaultyStores(() => faults[sent++], subject.stores);
      const store = stores.create(`${subject.names.caseId}/${subject.names.runId}/faulty`);
      const commit = await task.open(store);
      const unit = task.next(commit, everything(target, 1));
      await rejectionOf(() => commit.commit(unit));
      assert.deepEqual([commit.progress.sequence, task.collected], [0, []]);

      for (const _ of [1, 2]) await rejectionOf(() => commit.commit(unit));
      await assertOutcome(commit, unit, "alreadyApplied");
      const { progress, letters, collected, positions, queues } = await task.seen(commit);
      assert.deepEqual(
        [progress.sequence, letters.length, collected, positions],
        [1, 1, ["x1", "y1"], [{ at: 1 }]],
      );
      assert.deepEqual(queues.out, ["a1", "b1", "c1", "stop"]);
    },
  ),
  storeCase(
    "K-46",
    "a unit whose answer was lost in a crash is part of what the next incarnation restores, and never applied again",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const crashed = await task.open();
      const unit = await task.apply(crashed, everything(target, 1));
      const later = await task.open();
      assert.deepEqual([later.restored.sequence, later.restored.position], [1, { at: 1 }]);
      const before = await task.seen(later);

      await assertOutcome(crashed, unit, "fenced");
      await assertOutcome(later, { ...unit, epoch: later.epoch }, "mismatch");
      await task.assertUnchanged(later, before);
    },
  ),
  storeCase(
    "K-47",
    "what tells attempts apart is epoch and attempt together: the number of an older one does not stand for it",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const first = await task.open();
      const old = await task.apply(first, everything(target, 1));
      const second = await task.open();
      const before = await task.seen(second);
      await assertOutcome(
        second,
        task.unit(second, 1, { ...everything(target, 2), attempt: old.attempt }),
        "mismatch",
      );
      assert.deepEqual(await task.seen(second), before);

      const next = task.unit(second, 2, { position: 2, attempt: old.attempt, collected: ["z"] });
      await assertOutcome(second, next, "applied");
      assert.deepEqual([second.progress.position, task.collected], [2, ["x1", "y1", "z"]]);
      await assertOutcome(second, next, "alreadyApplied");
    },
  ),
  storeCase("K-48", "a unit that is sent twice at once is applied once", async (lab) => {
    const task = lab.task();
    const target = await lab.queue();
    const commit = await task.open();
    const unit = task.next(commit, everything(target, 1));
    const outcomes = await Promise.all([1, 2].map(() => started(() => outcomeOf(commit, unit))));

    assert.deepEqual(outcomes.map(({ code }) => code).sort(), ["alreadyApplied", "applied"]);
    for (const outcome of outcomes) await deliveredOf(outcome);
    const { progress, letters, collected, queues } = await task.seen(commit);
    assert.deepEqual([progress.sequence, letters.length, collected], [1, 1, ["x1", "y1"]]);
    assert.deepEqual(queues.out, ["a1", "b1", "c1", "stop"]);
  }),
  storeCase(
    "K-49",
    "a commit that races a new incarnation is either fenced, or in what that one restores",
    async (lab) => {
      const target = await lab.queue();
      for (const [i, commitFirst] of [true, false].entries()) {
        const task = lab.task(`task#${i}`);
        const sender = new Sender(i);
        const first = await task.open();
        const cells = { state: [changes("sums", pairs("k", i))], position: i, collected: [i] };
        const unit = task.next(first, { ...cells, outputs: [outputTo(target, sender.batch(`${i}`))] });
        const commit = (): Promise<CommitOutcome> => started(() => outcomeOf(first, unit));
        const early = commitFirst ? commit() : undefined;
        const opening = started(() => task.open());
        const { code } = await (early ?? commit());
        const second = await opening;

        const applied = code === "applied";
        assert.ok(applied || code === "fenced", `the commit must not end with ${code}`);
        const { progress, collected, positions, cells: all } = await task.seen(second);
        assert.deepEqual([second.restored.sequence, progress.sequence], applied ? [1, 1] : [0, 0]);
        assert.deepEqual([collected, positions], applied ? [[i], [i]] : [[], []]);
        assert.deepEqual(all, applied ? [["sums", [["k", i]]]] : []);
        assert.equal((await lab.contents()).out?.includes(`${i}`), applied);
        await task.apply(second);
      }
    },
  ),
  storeCase(
    "K-50",
    "incarnations that are opened at once have epochs of their own, and the last one commits",
    async (lab) => {
      const task = lab.task();
      const opened = await Promise.all([1, 2, 3].map(() => started(() => task.open())));
      assert.deepEqual(opened.map(({ epoch }) => epoch).sort(), [1, 2, 3]);

      for (const [i, commit] of opened.entries())
        await assertOutcome(
          commit,
          task.unit(commit, 1, { collected: [i] }),
          commit.epoch === 3 ? "applied" : "fenced",
        );
      assert.deepEqual(task.collected, [opened.findIndex(({ epoch }) => epoch === 3)]);
    },
  ),
];
