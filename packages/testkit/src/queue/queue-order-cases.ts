import assert from "node:assert/strict";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, started } from "../contract/probes.ts";
import { payloads, Sender, takeAll } from "./queue-probes.ts";
import type { QueueSubject } from "./queue-subject.ts";

/** Order, and that nothing is lost or doubled. */
export const queueOrderCases: readonly ContractCase<QueueSubject>[] = [
  {
    id: "Q-03",
    title: "one producer's 10,000 records arrive in order",
    async run({ open }) {
      const queue = await open("a", 64);
      const sender = new Sender();
      const put = started(async () => {
        for (let i = 0; i < 10_000; i += 10) await queue.put(sender.batch(...numbers(10).map((n) => i + n)));
      });

      assert.deepEqual(await takeAll(queue, 10_000), numbers(10_000));
      await put;
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "Q-04",
    title: "eight producers' records arrive once each, in each producer's order",
    async run({ open }) {
      const queue = await open("a", 16);
      const puts = numbers(8).map((p) =>
        started(async () => {
          const sender = new Sender(p);
          for (let i = 0; i < 1000; i += 5)
            await queue.put(sender.batch(...numbers(5).map((n) => ({ p, n: i + n }))));
        }),
      );

      const records = (await takeAll(queue, 8000)) as { p: number; n: number }[];

      await Promise.all(puts);
      for (const p of numbers(8)) {
        assert.deepEqual(
          records.filter((r) => r.p === p).map((r) => r.n),
          numbers(1000),
        );
      }
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "Q-14",
    title: "take never returns more than max and does not wait for max",
    async run({ open }) {
      const queue = await open("a", 100);
      await queue.put(new Sender().batch(...numbers(5)));

      const first = await queue.take(3);
      const second = await queue.take(3);

      assert.deepEqual(payloads(first), [0, 1, 2]);
      assert.deepEqual(payloads(second), [3, 4]);
      assert.equal(second.batches[0]?.firstSeq, 3);
    },
  },
  {
    id: "Q-15",
    title: "what was taken and not committed is delivered again, first and in order, after rewind",
    async run({ open }) {
      const queue = await open("a", 100);
      const sender = new Sender();
      await queue.put(sender.batch(...numbers(6)));
      const first = await queue.take(2);
      await queue.take(3);
      await queue.advance(first.position);
      await queue.put(sender.batch(6, 7));

      await queue.rewind();

      assert.deepEqual(await takeAll(queue, 6), [2, 3, 4, 5, 6, 7]);
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "Q-41",
    title: "rewind wakes a take that waits because everything was taken",
    async run({ open }) {
      const queue = await open("a", 10);
      await queue.put(new Sender().batch("x", "y"));
      await queue.take(10);
      const waiting = started(() => queue.take(10));

      await queue.rewind();

      assert.deepEqual(payloads(await waiting), ["x", "y"]);
    },
  },
  {
    id: "Q-42",
    title: "a part of a delivery can be committed: its room is free, and the rest comes again after rewind",
    async run({ open }) {
      const queue = await open("a", 10);
      await queue.put(new Sender(0).batch(0, 1, 2));
      await queue.put(new Sender(1).batch(3, 4));
      const delivery = await queue.take(10);

      await queue.advance(queue.positionAfter(delivery, 4));

      assert.equal(await queue.size(), 1);
      await queue.rewind();
      const rest = await queue.take(10);
      assert.deepEqual(payloads(rest), [4]);
      assert.equal(rest.batches[0]?.firstSeq, 1);
    },
  },
  {
    id: "Q-46",
    title:
      "a stop signal is an element of its delivery: committed with the last one, again after rewind without it",
    async run({ open }) {
      const queue = await open("a", 10);
      await queue.put(new Sender(3).stop("x", "y"));
      const delivery = await queue.take(10);
      await queue.advance(queue.positionAfter(delivery, 2));
      await queue.rewind();

      const again = await queue.take(10);
      await queue.advance(queue.positionAfter(again, 1));
      await queue.rewind();
      await queue.close();

      assert.equal(delivery.batches.at(-1)?.stop?.source, "task#3");
      assert.deepEqual(payloads(again), []);
      assert.equal(again.batches[0]?.stop?.source, "task#3");
      assert.equal((await queue.take(10)).done, true);
    },
  },
  {
    id: "Q-37",
    title: "puts that are not awaited arrive in the order of the calls",
    async run({ open }) {
      const queue = await open("a", 3);
      const sender = new Sender();
      const puts = numbers(50).map((n) => started(() => queue.put(sender.batch(2 * n, 2 * n + 1))));

      assert.deepEqual(await takeAll(queue, 100), numbers(100));
      await Promise.all(puts);
    },
  },
];
