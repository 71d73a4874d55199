import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import type { ContractCase } from "../contract/contract.ts";
import { assertNoListener, assertWaits, numbers, rejectionOf, started } from "../contract/probes.ts";
import { payloads, Sender, takeAll } from "./queue-probes.ts";
import type { QueueSubject } from "./queue-subject.ts";

const reason = new Error("enough");

/** Takes and puts that wait, and how they are aborted. */
export const queueWaitingCases: readonly ContractCase<QueueSubject>[] = [
  {
    id: "Q-10",
    title: "an aborted put rejects with the reason, never appears, and holds up nobody",
    async run({ open }) {
      const queue = await open("a", 1);
      await queue.put(new Sender(0).batch("first"));
      const abort = new AbortController();
      const aborted = started(() => queue.put(new Sender(1).batch("aborted"), abort.signal));
      const waiting = started(() => queue.put(new Sender(2).batch("second")));
      await assertWaits(aborted, "a put into a full queue");
      abort.abort(reason);

      assert.equal(await rejectionOf(() => aborted), reason);
      assert.equal(await rejectionOf(() => queue.put(new Sender(3).batch("late"), abort.signal)), reason);
      assert.deepEqual(await takeAll(queue, 2), ["first", "second"]);
      await waiting;
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "Q-45",
    title: "a put that is aborted while a part of it is in: that part can be taken, the rest never appears",
    async run({ open }) {
      const queue = await open("a", 2);
      const abort = new AbortController();
      const aborted = started(() => queue.put(new Sender(0).batch(0, 1, 2, 3), abort.signal));
      await assertWaits(aborted, "a put of more than the capacity");
      for (let looks = 0; (await queue.size()) < 2; looks++)
        assert.ok(looks < 1000, "what fits of a put that waits is not in");
      abort.abort(reason);

      assert.equal(await rejectionOf(() => aborted), reason);
      assert.deepEqual(await takeAll(queue, 2), [0, 1]);
      await queue.put(new Sender(1).batch("next"));
      assert.deepEqual(await takeAll(queue, 1), ["next"]);
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "Q-13",
    title: "take waits while the queue is empty, wakes with a put, and rejects when it is aborted",
    async run({ open }) {
      const queue = await open("a", 4);
      const abort = new AbortController();
      const aborted = started(() => queue.take(4, abort.signal));
      await assertWaits(aborted, "a take from an empty queue");
      abort.abort(reason);
      assert.equal(await rejectionOf(() => aborted), reason);

      const take = started(() => queue.take(4));
      await assertWaits(take, "a take after an aborted one");
      await queue.put(new Sender().batch("a", "b"));

      assert.deepEqual(payloads(await take), ["a", "b"]);
      assert.equal(await rejectionOf(() => queue.take(4, abort.signal)), reason);
    },
  },
  {
    id: "Q-43",
    title:
      "a put and an abort at the same time lose nothing: the take has the record, or the next one gets it",
    async run({ open }) {
      const queue = await open("a", 4);
      for (const n of numbers(10)) {
        const abort = new AbortController();
        const take = started(() => queue.take(1, abort.signal));
        const put = started(() => queue.put(new Sender(n).batch(n)));
        abort.abort(reason);

        const delivery = await take.catch(() => queue.take(1));
        await put;

        assert.deepEqual(payloads(delivery), [n]);
        await queue.advance(delivery.position);
      }
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "Q-44",
    title: "a second take beside one that waits is refused, and the first still gets what comes",
    async run({ open }) {
      const queue = await open("a", 4);
      const first = started(() => queue.take(4));
      await assertWaits(first, "a take from an empty queue");

      const refused = await rejectionOf(() => queue.take(4));
      await queue.put(new Sender().batch("a"));

      assert.ok(refused instanceof Error);
      assert.deepEqual(payloads(await first), ["a"]);
    },
  },
  {
    id: "Q-34",
    title: "10,000 aborted takes leave nothing behind: no listener, and nobody who waits",
    async run({ open }) {
      const queues = await Promise.all(numbers(10).map((n) => open(`${n}`, 4)));
      for (let round = 0; round < 1000; round++) {
        const abort = new AbortController();
        setMaxListeners(0, abort.signal); // several queues listen to one signal here
        const takes = queues.map((queue) => started(() => queue.take(1, abort.signal)));
        abort.abort(reason);
        for (const take of takes) assert.equal(await rejectionOf(() => take), reason);
        assertNoListener(abort.signal, "an aborted take");
      }

      for (const queue of queues) {
        await queue.put(new Sender().batch("a"));
        assert.deepEqual(await takeAll(queue, 1), ["a"]);
      }
    },
  },
  {
    id: "Q-49",
    title: "takes and puts that waited and were served leave no listener on their signal",
    async run({ open }) {
      const queue = await open("a", 1);
      const { signal } = new AbortController();
      const sender = new Sender();
      for (let i = 0; i < 100; i++) {
        const take = started(() => queue.take(1, signal));
        await queue.put(sender.batch(i));
        const put = started(() => queue.put(sender.batch("behind"), signal));
        await queue.advance((await take).position);
        await put;
        await takeAll(queue, 1);
        assertNoListener(signal, "a take or put that was served");
      }
    },
  },
];
