import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import type { Queue } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf, started } from "../contract/probes.ts";
import { payloads, Sender, takeAll } from "./queue-probes.ts";
import type { QueueSubject } from "./queue-subject.ts";

/** Fails unless every take is the final, empty one. */
async function assertEnded(queue: Queue): Promise<void> {
  for (const again of numbers(2)) {
    const final = await queue.take(1);
    assert.deepEqual(final.batches, [], `delivery ${again} after the end`);
    assert.equal(final.done, true);
  }
}

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
      const stopped = first.batches.some((batch) => batch.stop !== undefined);
      const batches = stopped ? first.batches : [...first.batches, ...(await queue.take(1)).batches];

      assert.deepEqual(payloads(first), ["last"]);
      const stops = batches.filter((batch) => batch.stop !== undefined);
      assert.deepEqual(stops, batches.slice(-1), "the stop signal comes once, and last");
      const [{ stop, firstSeq, payloads: beside }] = stops as [(typeof batches)[number]];
      assert.equal(stop?.source, "task#0");
      assert.equal(firstSeq + beside.length, 1);
    },
  },
  {
    id: "Q-12",
    title: "a put that races with close is delivered when it resolved and absent when it was refused",
    async run({ open }) {
      for (const round of numbers(12)) {
        const queue = await open(`round ${round}`, 2);
        const put = (p: number): Promise<number> =>
          started(async () => {
            try {
              await queue.put(new Sender(p).batch(p));
              return p;
            } catch (error) {
              assert.ok(hasCode(error, "QUEUE_CLOSED"), String(error));
              return -1;
            }
          });
        const puts = numbers(4).map(put);
        const taken = round % 2 === 0 ? [] : await takeAll(queue, 1 + (round % 3), 1);
        const closed = started(() => queue.close());
        puts.push(put(4));
        await closed;

        const accepted = (await Promise.all(puts)).filter((p) => p >= 0);

        assert.deepEqual([...taken, ...(await takeAll(queue, accepted.length - taken.length))], accepted);
        await assertEnded(queue);
      }
    },
  },
  {
    id: "Q-30",
    title: "after close puts are refused, the rest can be taken, and then every take is the final empty one",
    async run({ open }) {
      const queue = await open("a", 2);
      await queue.put(new Sender(0).batch("a", "b"));
      const waiting = started(() => queue.put(new Sender(1).batch("c")));
      await Promise.all([queue.close(), queue.close()]);
      await queue.close();

      assert.ok(hasCode(await rejectionOf(() => waiting), "QUEUE_CLOSED"));
      assert.ok(hasCode(await rejectionOf(() => queue.put(new Sender(2).batch("d"))), "QUEUE_CLOSED"));
      assert.equal(queue.offer(new Sender(3).stop()), false);
      assert.deepEqual(await takeAll(queue, 2), ["a", "b"]);
      await assertEnded(queue);
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "Q-40",
    title: "a take that waits gets the final delivery when the queue is closed",
    async run({ open }) {
      const queue = await open("a", 2);
      const take = started(() => queue.take(1));
      await queue.close();

      const final = await take;

      assert.deepEqual(final.batches, []);
      assert.equal(final.done, true);
    },
  },
  {
    id: "Q-50",
    title: "after close what was taken and not committed comes again after rewind",
    async run({ open }) {
      const queue = await open("a", 2);
      await queue.put(new Sender().batch("a", "b"));
      await queue.take(2);
      await queue.close();

      await queue.rewind();

      assert.deepEqual(await takeAll(queue, 2), ["a", "b"]);
      await assertEnded(queue);
    },
  },
];
