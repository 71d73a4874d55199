import assert from "node:assert/strict";
import type { JsonValue } from "@sage-kernel/core";

import type { ContractCase } from "../contract/contract.ts";
import { assertNoListener, assertWaits, numbers, rejectionOf, started } from "../contract/probes.ts";
import { assertCode, joined, manager, received, seats, takeSome } from "./job-channel-probes.ts";
import type { JobChannelSubject } from "./job-channel-subject.ts";

const reason = new Error("enough");

/** What goes through a channel: messages, their order, their number. */
export const messageCases: readonly ContractCase<JobChannelSubject>[] = [
  {
    id: "JC-01",
    title:
      "messages of one sender arrive once and in their order, both ways, with the address of who sent them",
    async run(subject) {
      const { boss, worker } = await seats(subject);
      for (const n of numbers(3)) assert.equal(await worker.send(manager, { report: n }), true);
      const reports = await takeSome(boss, 3);
      await boss.settle(reports);

      assert.deepEqual(
        reports.map(({ body }) => body),
        numbers(3).map((report) => ({ report })),
      );
      for (const { from } of reports) assert.deepEqual(from, { name: "worker", epoch: worker.epoch });
      const ids = reports.map(({ id }) => id);
      assert.equal(new Set(ids).size, 3, `ids of messages are used twice: ${ids.join(", ")}`);
      for (const n of numbers(3)) await boss.send({ name: "worker" }, n);
      assert.deepEqual(await received(worker, 3), numbers(3));
      await assertWaits(
        started(() => boss.take(1)),
        "a take of what was settled",
      );
    },
  },
  {
    id: "JC-02",
    title:
      "any JSON arrives as it was sent, and shares nothing with what the sender has; anything else is refused",
    async run(subject) {
      const { boss, worker } = await seats(subject);
      const body = {
        text: "é\n\u0000",
        n: [0, -1.5, 1e300],
        deep: { yes: true, no: null, empty: [{}, [], ""] },
      };
      const copy = structuredClone(body);
      await worker.send(manager, body);
      body.n.push(7);

      assert.deepEqual(await received(boss, 1), [copy]);
      const refused = [undefined, () => 1, new Map(), Number.NaN, { a: [1n] }, JSON.parse('{"__proto__":1}')];
      for (const value of refused)
        await assertCode(() => worker.send(manager, value as JsonValue), "NOT_JSON");
      await worker.send(manager, "after");
      assert.deepEqual(await received(boss, 1), ["after"]);
    },
  },
  {
    id: "JC-03",
    title:
      "a take waits for a message, gives no more than it is asked for, and can be given up without losing any",
    async run(subject) {
      const { boss, worker } = await seats(subject);
      const abort = new AbortController();
      const given = started(() => boss.take(1, abort.signal));
      await assertWaits(given, "a take without messages");
      abort.abort(reason);
      assert.equal(await rejectionOf(() => given), reason);
      assertNoListener(abort.signal, "a take that was given up");
      assert.equal(await rejectionOf(() => boss.take(1, abort.signal)), reason);
      await worker.send(manager, "first");
      assert.deepEqual(await received(boss, 1), ["first"]);
      for (const n of numbers(4)) await worker.send(manager, n);
      const messages = [...(await boss.take(2))];
      assert.ok(messages.length <= 2, `a take of at most 2 gives ${messages.length}`);
      messages.push(...(await takeSome(boss, 4 - messages.length)));

      assert.deepEqual(
        messages.map(({ body }) => body),
        numbers(4),
      );
      const kept = new AbortController();
      await boss.settle(messages);
      await worker.send(manager, "last");
      await boss.take(1, kept.signal);
      assertNoListener(kept.signal, "a take that has ended");
    },
  },
  {
    id: "JC-04",
    title:
      "a name holds so many messages unsettled and no more: sends wait for room, in their order, and can be given up",
    async run(subject) {
      const { boss, worker } = await seats(subject);
      const { capacity } = subject;
      for (const n of numbers(capacity)) await worker.send(manager, n);
      const abort = new AbortController();
      const given = started(() => worker.send(manager, "given up", abort.signal));
      const waits = started(() => worker.send(manager, "waits"));
      const second = started(() => worker.send(manager, "waits longer"));
      await assertWaits(waits, "a send without room");
      abort.abort(reason);
      assert.equal(await rejectionOf(() => given), reason);
      assertNoListener(abort.signal, "a send that was given up");
      const taken = await takeSome(boss, capacity);
      await assertWaits(waits, "a send while nothing is settled");
      await boss.settle(taken);

      assert.deepEqual(await Promise.all([waits, second]), [true, true]);
      assert.deepEqual(await received(boss, 2), ["waits", "waits longer"]);
    },
  },
  {
    id: "JC-05",
    title: "a name whose messages nobody takes holds up nobody who sends to another one",
    async run(subject) {
      const { boss, worker } = await seats(subject);
      const other = await joined(subject, "two", "other");
      for (const n of numbers(subject.capacity)) await boss.send({ name: "worker" }, n);
      const waits = started(() => boss.send({ name: "worker" }, "waits"));
      await assertWaits(waits, "a send without room");
      await boss.send({ name: "other" }, "passes");

      assert.deepEqual(await received(other, 1), ["passes"]);
      assert.deepEqual(await received(worker, subject.capacity), numbers(subject.capacity));
      await waits;
    },
  },
  {
    id: "JC-06",
    title: "what is sent to a name that nobody holds is there for its next holder",
    needs: ["offline"],
    async run(subject) {
      const boss = await joined(subject, "host", manager.name);
      await boss.send({ name: "worker" }, "early");
      const worker = await joined(subject, "one", "worker");

      assert.deepEqual(await received(worker, 1), ["early"]);
    },
  },
  {
    id: "JC-07",
    title:
      "what is for one holder goes to no other: it is dropped with them, and sending it then answers false",
    async run(subject) {
      const { boss, worker } = await seats(subject);
      const { capacity } = subject;
      const first = { name: "worker", epoch: worker.epoch };
      for (const n of numbers(capacity)) assert.equal(await boss.send(first, n), true);
      const [taken] = await takeSome(worker, 1);
      assert.equal(taken?.body, 0);
      const waits = started(() => boss.send(first, "for the first, without room"));
      await assertWaits(waits, "a send without room");
      const second = await joined(subject, "two", "worker");

      assert.equal(await waits, false, "a send for a holder that is gone");
      assert.equal(await boss.send(first, "too late"), false);
      const next = { name: "worker", epoch: second.epoch };
      for (const n of numbers(capacity)) assert.equal(await boss.send(next, `second ${n}`), true);
      assert.deepEqual(
        await received(second, capacity),
        numbers(capacity).map((n) => `second ${n}`),
      );
      await second.leave();
      assert.equal(await boss.send(next, "for who has left"), false);
      const third = await joined(subject, "three", "worker");
      await boss.send({ name: "worker" }, "for anybody");
      assert.deepEqual(await received(third, 1), ["for anybody"]);
    },
  },
  {
    id: "JC-08",
    title: "what was taken and not settled comes to the next holder again, in order and before what is newer",
    async run(subject) {
      const { boss, worker } = await seats(subject);
      for (const n of numbers(3)) await boss.send({ name: "worker" }, n);
      const [, middle] = await takeSome(worker, 3);
      await worker.settle([middle as { id: string }]);
      await worker.settle([middle as { id: string }]); // again: no effect
      await boss.send({ name: "worker" }, "queued");
      const next = await joined(subject, "two", "worker");
      await boss.send({ name: "worker" }, "new");

      assert.deepEqual(await received(next, 4), [0, 2, "queued", "new"]);
    },
  },
];
