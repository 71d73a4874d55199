import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import type { ContractCase } from "../contract.ts";
import { payloads, type QueueSubject, rejectionOf, Sender, takeAll } from "./queue-subject.ts";

/** Stop signals and closing. */
export const queueEndCases: readonly ContractCase<QueueSubject>[] = [
  {
    id: "Q-39",
    title: "a stop signal fits into a full queue and comes after the records before it",
    async run({ open }) {
      const queue = await open("a", 1);
      const sender = new Sender();
      await queue.put(sender.batch("last"));
      await queue.put(sender.stop());

      const first = await queue.take(1);
      await queue.advance(first.position);
      const rest = first.batches.some((batch) => batch.stop) ? first : await queue.take(1);

      assert.deepEqual(payloads(first), ["last"]);
      const stop = rest.batches.find((batch) => batch.stop !== undefined);
      assert.equal(stop?.stop?.source, "task#0");
      assert.equal((stop?.firstSeq ?? 0) + (stop?.payloads.length ?? 0), 1);
    },
  },
  {
    id: "Q-12",
    title: "a put that races with close is delivered when it resolved and absent when it was refused",
    async run({ open }) {
      for (let round = 0; round < 20; round++) {
        const queue = await open(`round ${round}`, 2);
        const puts = Array.from({ length: 4 }, async (_, p) => {
          try {
            await queue.put(new Sender(p).batch(p));
            return p;
          } catch (error) {
            assert.ok(hasCode(error, "QUEUE_CLOSED"), String(error));
            return -1;
          }
        });
        await queue.close();

        const accepted = (await Promise.all(puts)).filter((p) => p >= 0);

        assert.deepEqual(await takeAll(queue, accepted.length), accepted);
        assert.equal((await queue.take(1)).done, true);
      }
    },
  },
  {
    id: "Q-30",
    title: "after close puts are refused, the rest can be taken, and then every take is the final empty one",
    async run({ open }) {
      const queue = await open("a", 2);
      await queue.put(new Sender(0).batch("a", "b"));
      const waiting = queue.put(new Sender(1).batch("c"));
      const refused = rejectionOf(() => waiting);
      await queue.close();
      await queue.close();

      assert.ok(hasCode(await refused, "QUEUE_CLOSED"));
      assert.ok(hasCode(await rejectionOf(() => queue.put(new Sender(2).batch("d"))), "QUEUE_CLOSED"));
      assert.deepEqual(await takeAll(queue, 2), ["a", "b"]);
      for (let again = 0; again < 2; again++) {
        const final = await queue.take(1);
        assert.deepEqual(final.batches, []);
        assert.equal(final.done, true);
      }
    },
  },
  {
    id: "Q-40",
    title: "a take that waits gets the final delivery when the queue is closed",
    async run({ open }) {
      const queue = await open("a", 2);
      const take = queue.take(1);
      await queue.close();

      const final = await take;

      assert.deepEqual(final.batches, []);
      assert.equal(final.done, true);
    },
  },
];
