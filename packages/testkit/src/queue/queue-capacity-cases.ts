import assert from "node:assert/strict";
import type { ContractCase } from "../contract/contract.ts";
import { assertWaits, numbers, started } from "../contract/probes.ts";
import { payloads, Sender, takeAll } from "./queue-probes.ts";
import type { QueueSubject } from "./queue-subject.ts";

/** Bounds and backpressure. */
export const queueCapacityCases: readonly ContractCase<QueueSubject>[] = [
  {
    id: "Q-08",
    title: "capacity counts records that were taken and not committed",
    async run({ open }) {
      const queue = await open("a", 2);
      const sender = new Sender();
      await queue.put(sender.batch("a", "b"));
      const delivery = await queue.take(2);
      const put = started(() => queue.put(sender.batch("c")));

      assert.equal(await queue.size(), 2);
      await assertWaits(put, "a put into a queue full of uncommitted records");
      await queue.advance(delivery.position);
      await put;
      assert.equal(await queue.size(), 1);
    },
  },
  {
    id: "Q-09",
    title: "room lets the puts that wait in one by one, in the order of waiting, and none is forgotten",
    async run({ open }) {
      const queue = await open("a", 2);
      const puts = numbers(10).map((p) => started(() => queue.put(new Sender(p).batch(p))));

      for (const p of numbers(8)) {
        await Promise.all(puts.slice(0, p + 2));
        await assertWaits(puts[p + 2] as Promise<void>, `put ${p + 2} into a full queue`);
        assert.deepEqual(await takeAll(queue, 1, 1), [p]);
      }

      await Promise.all(puts);
      assert.deepEqual(await takeAll(queue, 2), [8, 9]);
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "Q-17",
    title: "a put of more than the capacity is split, arrives in order, and never exceeds the capacity",
    async run({ open }) {
      const queue = await open("a", 3);
      const records = numbers(20);
      const put = started(() => queue.put(new Sender().batch(...records)));
      const seen: unknown[] = [];
      for (let takes = 0; seen.length < records.length; takes++) {
        assert.ok(takes < records.length, "takes bring nothing");
        assert.ok((await queue.size()) <= 3, "the queue holds more than its capacity");
        const delivery = await queue.take(2);
        seen.push(...payloads(delivery));
        await queue.advance(delivery.position);
      }

      await put;
      assert.deepEqual(seen, records);
    },
  },
  {
    id: "Q-18",
    title: "an offer is taken whole or not at all, and never overtakes a waiting put",
    needs: ["offer"],
    async run({ open }) {
      const queue = await open("a", 3);
      const sender = new Sender();
      assert.equal(queue.offer(sender.batch(1, 2)), true);
      assert.equal(queue.offer(new Sender(1).batch(3, 4)), false);
      assert.equal(await queue.size(), 2);
      const put = started(() => queue.put(sender.batch(5, 6, 7)));
      const delivery = await queue.take(2);
      assert.equal(queue.offer(new Sender(2).stop()), false);
      await queue.advance(delivery.position);
      await put;
      assert.equal(await queue.size(), 3);

      assert.deepEqual(await takeAll(queue, 3), [5, 6, 7]);
    },
  },
  {
    id: "Q-48",
    title: "without the capability `offer` every offer is refused, and nothing of it appears",
    unless: ["offer"],
    async run({ open }) {
      const queue = await open("a", 3);

      assert.equal(queue.offer(new Sender().batch(1)), false);
      assert.equal(await queue.size(), 0);
      await queue.put(new Sender().batch(2));
      assert.deepEqual(await takeAll(queue, 1), [2]);
    },
  },
  {
    id: "Q-16",
    title: "committing a position again, or an earlier one, has no effect",
    async run({ open }) {
      const queue = await open("a", 10);
      await queue.put(new Sender().batch(0, 1, 2, 3, 4));
      const first = await queue.take(1);
      const second = await queue.take(2);
      await queue.advance(second.position);
      await queue.advance(second.position);
      await queue.advance(first.position);

      assert.equal(await queue.size(), 2);
      assert.deepEqual(await takeAll(queue, 2), [3, 4]);
    },
  },
  {
    id: "Q-29",
    title: "size equals what is queued or uncommitted, is never negative, and returns to zero",
    async run({ open }) {
      const queue = await open("a", 10);
      const sender = new Sender();
      assert.equal(await queue.size(), 0);
      await queue.put(sender.batch(1, 2, 3));
      assert.equal(await queue.size(), 3);
      const delivery = await queue.take(2);
      assert.equal(await queue.size(), 3);
      await queue.advance(delivery.position);
      assert.equal(await queue.size(), 1);
      await queue.take(1);
      await queue.rewind();
      assert.equal(await queue.size(), 1);
      await queue.put(sender.stop());
      assert.equal(await queue.size(), 1);
      await takeAll(queue, 1);
      assert.equal(await queue.size(), 0);
    },
  },
];
