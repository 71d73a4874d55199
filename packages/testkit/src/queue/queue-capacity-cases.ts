import assert from "node:assert/strict";
import type { ContractCase } from "../contract.ts";
import { assertWaits, payloads, type QueueSubject, rejectionOf, Sender, takeAll } from "./queue-subject.ts";

/** Bounds, backpressure and aborted waits. */
export const queueCapacityCases: readonly ContractCase<QueueSubject>[] = [
  {
    id: "Q-08",
    title: "capacity counts records that were taken and not committed",
    async run({ open }) {
      const queue = await open("a", 2);
      const sender = new Sender();
      await queue.put(sender.batch("a", "b"));
      const delivery = await queue.take(2);
      const put = queue.put(sender.batch("c"));

      assert.equal(await queue.size(), 2);
      await assertWaits(put, "a put into a queue full of uncommitted records");
      await queue.advance(delivery.position);
      await put;
      assert.equal(await queue.size(), 1);
    },
  },
  {
    id: "Q-09",
    title: "every waiting put gets in as room appears, in the order of waiting",
    async run({ open }) {
      const queue = await open("a", 1);
      const puts = Array.from({ length: 8 }, (_, p) => queue.put(new Sender(p).batch(p)));

      assert.deepEqual(await takeAll(queue, 8), [0, 1, 2, 3, 4, 5, 6, 7]);
      await Promise.all(puts);
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "Q-10",
    title: "an aborted put rejects with the reason, never appears, and holds up nobody",
    async run({ open }) {
      const queue = await open("a", 1);
      await queue.put(new Sender(0).batch("first"));
      const abort = new AbortController();
      const aborted = queue.put(new Sender(1).batch("aborted"), abort.signal);
      const waiting = queue.put(new Sender(2).batch("second"));
      const reason = new Error("enough");
      const rejected = rejectionOf(() => aborted);
      abort.abort(reason);

      assert.equal(await rejected, reason);
      assert.deepEqual(await takeAll(queue, 2), ["first", "second"]);
      await waiting;
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "Q-13",
    title: "take waits while the queue is empty, wakes with a put, and rejects when it is aborted",
    async run({ open }) {
      const queue = await open("a", 4);
      const abort = new AbortController();
      const aborted = queue.take(4, abort.signal);
      await assertWaits(aborted, "a take from an empty queue");
      const rejected = rejectionOf(() => aborted);
      const reason = new Error("enough");
      abort.abort(reason);
      assert.equal(await rejected, reason);

      const take = queue.take(4);
      await queue.put(new Sender().batch("a"));

      assert.deepEqual(payloads(await take), ["a"]);
    },
  },
  {
    id: "Q-17",
    title: "a put of more than the capacity is split, arrives in order, and never exceeds the capacity",
    async run({ open }) {
      const queue = await open("a", 3);
      const records = Array.from({ length: 20 }, (_, i) => i);
      const put = queue.put(new Sender().batch(...records));
      const seen: unknown[] = [];
      while (seen.length < records.length) {
        assert.ok(((await queue.size()) as number) <= 3, "the queue holds more than its capacity");
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
      const put = queue.put(sender.batch(5, 6));
      const delivery = await queue.take(1);
      await queue.advance(delivery.position);
      assert.equal(await queue.size(), 3);
      assert.equal(queue.offer(new Sender(2).batch(9)), false);

      assert.deepEqual(await takeAll(queue, 3), [2, 5, 6]);
      await put;
    },
  },
  {
    id: "Q-29",
    title: "size equals what is queued or uncommitted and returns to zero",
    async run({ open }) {
      const queue = await open("a", 10);
      const sender = new Sender();
      assert.equal(await queue.size(), 0);
      await queue.put(sender.batch(1, 2, 3));
      assert.equal(await queue.size(), 3);
      const delivery = await queue.take(2);
      assert.equal(await queue.size(), 3);
      await queue.advance(delivery.position);
      await queue.advance(delivery.position);
      assert.equal(await queue.size(), 1);
      await takeAll(queue, 1);
      assert.equal(await queue.size(), 0);
    },
  },
];
