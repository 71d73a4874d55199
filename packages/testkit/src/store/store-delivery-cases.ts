import assert from "node:assert/strict";
import type { Commit, Queue, UnitOfWork } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { assertWaits, numbers, rejectionOf } from "../contract/probes.ts";
import { Sender, takeAll } from "../queue/queue-probes.ts";
import { storeCase } from "./store-lab.ts";
import { assertOutcome, changes, deliveredOf, outputTo, pairs, viewOf } from "./store-probes.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** Outputs of one sender, each a batch of these records, to a queue. */
function outputs(queue: Queue, sender: Sender, ...batches: readonly unknown[][]): UnitOfWork["outputs"] {
  return batches.map((records) => outputTo(queue, sender.batch(...records)));
}

/** Commits a unit whose outputs do not fit; fails when that leaves nothing to wait for, or it does not wait. */
async function assertDelivering(
  commit: Commit,
  unit: UnitOfWork,
  code: "applied" | "alreadyApplied" = "applied",
): Promise<{ readonly delivered: PromiseLike<void> }> {
  const delivered = deliveredOf(await assertOutcome(commit, unit, code));
  assert.ok(delivered !== undefined, "outputs that do not fit must leave something to wait for");
  await assertWaits(delivered, "what is not downstream");
  return { delivered };
}

/** Outputs that find no room. */
export const storeDeliveryCases: readonly ContractCase<StateStoreSubject>[] = [
  storeCase(
    "K-51",
    "a unit whose outputs do not fit is applied at once, and delivered when all of them are in",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue("out", 2);
      const commit = await task.open();
      const rest = { position: 7, state: [changes("t", pairs("k", 1))], collected: ["x"], handedOut: 5 };
      const unit = task.next(commit, { ...rest, outputs: outputs(target, new Sender(2), [1, 2, 3, 4, 5]) });
      const { delivered } = await assertDelivering(commit, unit);

      const { sequence, position, handedOut, sent } = viewOf(commit.progress);
      assert.deepEqual([sequence, position, handedOut, sent.records], [1, 7, 5, { 2: 5 }]);
      assert.equal(commit.state.table("t").get("k"), 1);
      assert.deepEqual([task.positions, task.collected], [[7], ["x"]]);
      assert.deepEqual(await takeAll(target, 2, 2), [1, 2]);
      await assertWaits(delivered, "what is not downstream");
      assert.deepEqual(await takeAll(target, 3, 2), [3, 4, 5]);
      await delivered;
      await task.apply(commit, { outputs: outputs(target, new Sender(3), [6]) });
      assert.deepEqual((await lab.contents()).out, [6]);
    },
  ),
  storeCase(
    "K-52",
    "outputs to one queue stay in their order, also where a later one would fit",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue("out", 3);
      const commit = await task.open();
      const sender = new Sender(2);
      await task.apply(commit, { outputs: outputs(target, sender, [1], [2]) });
      const unit = task.next(commit, { outputs: outputs(target, sender, [3, 4], [5], [6, 7, 8], [9]) });
      const delivered = deliveredOf(await assertOutcome(commit, unit, "applied"));

      assert.deepEqual(
        await takeAll(target, 9, 2),
        numbers(9).map((n) => n + 1),
      );
      await delivered;
    },
  ),
  storeCase("K-53", "outputs to several queues arrive together with what goes to a full one", async (lab) => {
    const task = lab.task();
    const full = [await lab.queue("full 1", 1), await lab.queue("full 2", 1)] as const;
    const roomy = await lab.queue("roomy", 9);
    const commit = await task.open();
    const sent = [full[0], roomy, full[1], roomy].flatMap((queue, i) =>
      outputs(queue, new Sender(i), [`a${i}`, `b${i}`]),
    );
    const unit = task.next(commit, { outputs: sent, position: 1 });
    const { delivered } = await assertDelivering(commit, unit);

    assert.deepEqual((await lab.contents()).roomy, ["a1", "b1", "a3", "b3"]);
    assert.deepEqual(task.positions, [1]);
    assert.deepEqual(await takeAll(full[1], 2), ["a2", "b2"]);
    await assertWaits(delivered, "what goes to the other full queue");
    assert.deepEqual(await takeAll(full[0], 2), ["a0", "b0"]);
    await delivered;
  }),
  storeCase(
    "K-54",
    "an incarnation that is opened before all is downstream restores what to wait for, and nothing is sent twice",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue("out", 2);
      const first = await task.open();
      const unit = task.next(first, {
        position: 1,
        outputs: outputs(target, new Sender(2), [1, 2, 3, 4, 5]),
      });
      await assertOutcome(first, unit, "applied");
      const second = await task.open();
      const third = await task.open();
      const waits = [second, third].map(({ restored }) => restored.delivered);
      for (const wait of waits) await assertWaits(wait, "what an earlier incarnation has left");
      assert.deepEqual(viewOf(third.restored).sent.records, { 2: 5 });
      await assertOutcome(first, unit, "fenced");

      assert.deepEqual(await takeAll(target, 5, 1), [1, 2, 3, 4, 5]);
      await Promise.all(waits);
      assert.equal(await target.size(), 0);
      await task.apply(third, { outputs: outputs(target, new Sender(3), [6]) });
      assert.deepEqual(await takeAll(target, 1), [6]);
    },
  ),
  storeCase(
    "K-55",
    "an incarnation that is opened when all is downstream has nothing to wait for",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue("out", 1);
      const first = await task.open();
      await task.apply(first, { outputs: outputs(target, new Sender(2), ["a"]) });
      await (await task.open()).restored.delivered;
      const second = await task.open();
      const unit = task.next(second, { outputs: outputs(target, new Sender(3), ["b"]) });
      const { delivered } = await assertDelivering(second, unit);
      await takeAll(target, 1);
      await delivered;

      const third = await task.open();
      await third.restored.delivered;
      await task.apply(third);
      assert.deepEqual(await takeAll(target, 1), ["b"]);
      assert.equal(await target.size(), 0);
    },
  ),
  storeCase(
    "K-56",
    "a unit that comes again before its outputs are downstream is waited for as before, and sends nothing again",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue("out", 1);
      const commit = await task.open();
      const unit = task.next(commit, { outputs: outputs(target, new Sender(2), ["a", "b"]) });
      const first = await assertDelivering(commit, unit);
      const again = await assertDelivering(commit, unit, "alreadyApplied");

      assert.deepEqual(await takeAll(target, 2), ["a", "b"]);
      await Promise.all([first.delivered, again.delivered]);
      await deliveredOf(await assertOutcome(commit, unit, "alreadyApplied"));
      assert.equal(await target.size(), 0);
    },
  ),
  storeCase(
    "K-57",
    "a unit whose outputs cannot be delivered any more stays applied; what waits for them fails",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue("out", 1);
      const commit = await task.open();
      const unit = task.next(commit, { position: 1, outputs: outputs(target, new Sender(2), ["a", "b"]) });
      const { delivered } = await assertDelivering(commit, unit);
      await target.close();
      await rejectionOf(() => delivered);

      await assertOutcome(commit, unit, "alreadyApplied");
      assert.deepEqual(viewOf((await task.open()).restored).position, 1);
    },
  ),
];
