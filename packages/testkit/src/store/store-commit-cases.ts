import assert from "node:assert/strict";
import type { JsonValue } from "@sage-kernel/core";
import { isPromiseLike } from "@sage-kernel/core/spi";
import { settle } from "../clock/fake-clock.ts";
import type { ContractCase } from "../contract/contract.ts";
import { started } from "../contract/probes.ts";
import { payloads, Sender } from "../queue/queue-probes.ts";
import { storeCase } from "./store-lab.ts";
import {
  assertOutcome,
  cellsOf,
  changes,
  deliveredOf,
  everything,
  letter,
  nothingYet,
  outcomeOf,
  pairs,
  viewOf,
} from "./store-probes.ts";
import type { StateStoreSubject } from "./store-subject.ts";

/** What a unit makes visible, and that it is all or nothing. */
export const storeCommitCases: readonly ContractCase<StateStoreSubject>[] = [
  storeCase("K-02", "all that a unit holds becomes visible, each part of it once", async (lab) => {
    const task = lab.task();
    const target = await lab.queue();
    const commit = await task.open();
    const state = [changes("sums", pairs("before", 0)), changes("cleared", pairs("c", 0))];
    await task.apply(commit, { state, ahead: [[1, 3]] });
    await task.apply(commit, { ...everything(target, 1), finished: true });

    const progress = {
      ...{ sequence: 2, position: { at: 1 }, ahead: [[1, 15]], handedOut: 3, finished: true, retired: false },
      ledger: { received: 10, processed: 5, filtered: 1, emitted: 3, skipped: 1, deadLettered: 1 },
      received: { records: { 1: 12, 21: 1 }, stopped: [21] },
      sent: { records: { 2: 4, 31: 2 }, stopped: [31] },
    };
    const cells = pairs("cleared", pairs(1, "cell 1"), "sums", pairs("k", 1));
    const around = { letters: [letter(1)], collected: ["x1", "y1"], positions: [{ at: 1 }] };
    const seen = { progress, cells, ...around, queues: { out: ["a1", "b1", "c1", "stop"] } };
    await task.assertUnchanged(commit, seen as never);
  }),
  storeCase(
    "K-33",
    "counts, marks and what is ahead are those of the last unit, not their sum",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const commit = await task.open();
      await task.apply(commit, everything(target, 1));
      const { consumed = [], outputs = [] } = everything(target, 2);
      await task.apply(commit, {
        ...everything(target, 2),
        consumed: consumed.slice(0, 1),
        outputs: outputs.slice(0, 1),
      });

      for (const progress of [commit.progress, (await task.open()).restored]) {
        const { ledger, received, sent, ahead, handedOut } = viewOf(progress);
        assert.deepEqual([ahead, handedOut, ledger.received], [[[1, 25]], 6, 20]);
        assert.deepEqual(received, { records: { 1: 22, 21: 1 }, stopped: [21] });
        assert.deepEqual(sent, { records: { 2: 6, 31: 2 }, stopped: [31] });
      }
      await task.apply(await task.open(), {});
      const { ahead, handedOut, ledger } = viewOf((await task.open()).restored);
      assert.deepEqual([ahead, handedOut, ledger.received], [[], 0, 0]);
    },
  ),
  storeCase("K-34", "the input is moved by each unit with a position, and by no other one", async (lab) => {
    const task = lab.task();
    const commit = await task.open();
    const falsy = [0, null, "", undefined, false];
    const moves: readonly (JsonValue | undefined)[] = [5, undefined, ...falsy, { a: [1] }, undefined];
    for (const [i, position] of moves.entries()) {
      await task.apply(commit, { position, state: [changes("t", pairs(i, i))] });
      const past = moves.slice(0, i + 1).filter((move) => move !== undefined);
      assert.deepEqual(task.positions, past);
      assert.deepEqual(commit.progress.position, past.at(-1));
    }
    assert.deepEqual((await task.open()).restored.position, { a: [1] });
  }),
  storeCase("K-35", "the position of a unit frees the room of what it takes from its input", async (lab) => {
    const task = lab.task();
    const input = await lab.queue("in", 4);
    await input.put(new Sender(1).batch(0, 1, 2, 3));
    const commit = await task.open(undefined, input);
    const delivery = await input.take(4);
    const part = { position: input.positionAfter(delivery, 3), consumed: [new Sender(1).batch(0, 1, 2)] };

    await task.apply(commit, part);
    assert.equal(await input.size(), 1);
    await task.apply(commit, {});
    await input.rewind();
    assert.deepEqual(payloads(await input.take(4)), [3]);
    await task.apply(commit, { position: delivery.position });
    assert.equal(await input.size(), 0);
  }),
  storeCase("K-36", "while a commit is under way, either all of it is visible or nothing", async (lab) => {
    const task = lab.task();
    const target = await lab.queue();
    const commit = await task.open();
    await task.apply(commit, { position: 0, state: [changes("sums", pairs("k", 0))] });
    const look = () => ({ progress: viewOf(commit.progress), cells: cellsOf(commit) });
    const before = look();
    const running = started(() => outcomeOf(commit, task.next(commit, everything(target, 1))));
    const looks = [look()];
    for (let turn = 0; turn < 5; turn++) {
      await settle();
      looks.push(look());
    }

    await deliveredOf(await running);
    const after = look();
    assert.equal(after.progress.sequence, 2);
    for (const seen of looks) assert.deepEqual(seen, seen.progress.sequence === 1 ? before : after);
  }),
  storeCase(
    "K-37",
    "with the capability `synchronous` what need not wait is answered without a promise",
    async (lab) => {
      const task = lab.task();
      const target = await lab.queue();
      const opened = task.openNow();
      assert.ok(!isPromiseLike(opened), "an opening must not be answered with a promise");
      const unit = task.next(opened, everything(target, 1));

      assert.deepEqual(opened.commit(unit), { code: "applied" });
      assert.deepEqual(opened.commit(unit), { code: "alreadyApplied" });
      assert.deepEqual(opened.commit(task.unit(opened, 5)), { code: "mismatch" });
      await task.open();
      assert.deepEqual(opened.commit(unit), { code: "fenced" });
    },
    { needs: ["synchronous"] },
  ),
  storeCase("K-44", "a unit needs no output, no dead letter and nobody who collects", async (lab) => {
    const commit = await lab.store("job").open({
      node: "quiet#0",
      input: { advance: () => undefined },
      deadLetters: { write: () => assert.fail("there are no dead letters") },
    });
    const nothing = lab.task().unit(commit, 1);

    await assertOutcome(commit, nothing, "applied");
    await assertOutcome(commit, { ...nothing, sequence: 2, attempt: 2, collected: ["x"] }, "applied");
    assert.deepEqual(viewOf(commit.progress), { ...nothingYet, sequence: 2 });
  }),
];
