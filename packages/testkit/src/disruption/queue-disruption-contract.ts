import assert from "node:assert/strict";
import { settle } from "../clock/fake-clock.ts";
import type { Contract, ContractCase } from "../contract/contract.ts";
import { assertWaits, numbers, rejectionOf, started } from "../contract/probes.ts";
import { payloads, Sender, takeAll } from "../queue/queue-probes.ts";
import { cutDuring } from "./cut-during.ts";
import type { DisruptedQueueSubject } from "./disruption.ts";

const reason = new Error("enough");

const cases: readonly ContractCase<DisruptedQueueSubject>[] = [
  {
    id: "QN-01",
    title: "what is put while the connection is cut waits, and arrives when it heals, once and in order",
    needs: ["cut"],
    async run({ open, disrupt: { cut, heal } }) {
      const queue = await open("a", 10);
      const sender = new Sender();
      await queue.put(sender.batch("before"));
      await cut?.();
      const puts = ["during 1", "during 2"].map((record) => {
        const batch = sender.batch(record);
        return started(() => queue.put(batch));
      });
      await assertWaits(puts[0], "a put over a connection that is cut");
      await heal?.();
      await Promise.all(puts);
      await queue.put(sender.batch("after"));

      assert.deepEqual(await takeAll(queue, 4), ["before", "during 1", "during 2", "after"]);
    },
  },
  {
    id: "QN-02",
    title: "a put whose request or answer is lost in a cut is done once",
    needs: ["cut"],
    async run({ open, disrupt }) {
      const queue = await open("a", 100);
      const sender = new Sender();
      for (const moment of numbers(8)) {
        const batch = sender.batch(moment);
        await cutDuring(disrupt, moment, async () => queue.put(batch));
      }

      assert.deepEqual(await takeAll(queue, 8), numbers(8));
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "QN-03",
    title: "a take whose request or answer is lost in a cut skips nothing and gives nothing twice",
    needs: ["cut"],
    async run({ open, disrupt }) {
      const queue = await open("a", 100);
      const sender = new Sender();
      await queue.put(sender.batch(...numbers(8)));
      const taken: unknown[] = [];
      for (const moment of numbers(8)) {
        await cutDuring(disrupt, moment, async () => {
          const delivery = await queue.take(1);
          taken.push(...payloads(delivery));
          await queue.advance(delivery.position);
        });
      }

      assert.deepEqual(taken, numbers(8));
      assert.equal(await queue.size(), 0);
    },
  },
  {
    id: "QN-04",
    title: "a take that waits goes on waiting through a cut, and gets what is put after it",
    needs: ["cut"],
    async run({ open, disrupt: { cut, heal } }) {
      const queue = await open("a", 10);
      const taken = started(() => queue.take(5));
      await settle();
      await cut?.();
      await heal?.();
      await assertWaits(taken, "a take of an empty queue");
      await queue.put(new Sender().batch("late"));

      assert.deepEqual(payloads(await taken), ["late"]);
    },
  },
  {
    id: "QN-05",
    title: "what waits for a connection can be given up, and hangs nobody",
    needs: ["cut"],
    async run({ open, disrupt: { cut, heal } }) {
      const queue = await open("a", 10);
      const sender = new Sender();
      await cut?.();
      const abort = new AbortController();
      const put = started(() => queue.put(sender.batch("given up"), abort.signal));
      const take = started(() => queue.take(1, abort.signal));
      await assertWaits(put, "a put over a connection that is cut");
      abort.abort(reason);

      assert.equal(await rejectionOf(() => put), reason);
      assert.equal(await rejectionOf(() => take), reason);
      await heal?.();
      await settle();
      assert.equal(await queue.size(), 0, "what was given up before it was sent appears");
    },
  },
  {
    id: "QN-06",
    title:
      "what was acknowledged is there after a restart of the server; what was taken and not committed comes again",
    needs: ["restart"],
    async run({ open, disrupt: { restartServer } }) {
      const queue = await open("a", 100);
      const sender = new Sender();
      await queue.put(sender.batch(...numbers(6)));
      const first = await queue.take(2);
      await queue.advance(first.position);
      await queue.take(2);
      await restartServer?.();
      await queue.rewind();

      assert.deepEqual(await takeAll(queue, 4), [2, 3, 4, 5]);
      await queue.put(sender.batch("after"));
      assert.deepEqual(await takeAll(queue, 1), ["after"]);
    },
  },
  {
    id: "QN-07",
    title: "takes and puts that wait go through a restart of the server",
    needs: ["restart"],
    async run({ open, disrupt: { restartServer } }) {
      const [full, empty] = [await open("full", 1), await open("empty", 1)];
      const sender = new Sender();
      await full.put(sender.batch("first"));
      const second = sender.batch("second");
      const put = started(() => full.put(second));
      const take = started(() => empty.take(1));
      await settle();
      await restartServer?.();
      await empty.put(new Sender().batch("here"));

      assert.deepEqual(payloads(await take), ["here"]);
      assert.deepEqual(await takeAll(full, 2), ["first", "second"]);
      await put;
    },
  },
  {
    id: "QN-08",
    title:
      "what a consumer that was killed has committed is done, and the rest goes to the next one, in order",
    needs: ["killPeer"],
    async run({ open, disrupt: { killPeer } }) {
      const killed = await open("a", 100);
      await killed.put(new Sender().batch(...numbers(7)));
      const first = await killed.take(2);
      await killed.advance(first.position);
      await killed.take(3);
      await killPeer?.();

      assert.deepEqual(await takeAll(await open("a", 100), 5), [2, 3, 4, 5, 6]);
    },
  },
];

/** The promises of queues whose server can be lost, and found again. */
export const queueDisruptionContract: Contract<DisruptedQueueSubject> = {
  name: "Queue behind a network",
  cases,
};
