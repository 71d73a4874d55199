import assert from "node:assert/strict";
import { settle } from "../clock/fake-clock.ts";
import type { ContractCase } from "../contract/contract.ts";
import { assertWaits, numbers, rejectionOf, started } from "../contract/probes.ts";
import { cutDuring } from "../disruption/cut-during.ts";
import { assertLost, joined, manager, received, seats, takeSome } from "./job-channel-probes.ts";
import type { JobChannelSubject } from "./job-channel-subject.ts";

const reason = new Error("enough");

/** What holds when connections, servers and processes are lost. */
export const networkCases: readonly ContractCase<JobChannelSubject>[] = [
  {
    id: "JC-15",
    title: "what is sent and taken while connections are lost arrives once and in order when they are back",
    needs: ["cut"],
    async run(subject) {
      const { boss, worker } = await seats(subject);
      const { disrupt } = subject;
      const got: unknown[] = [];
      for (const moment of numbers(8)) {
        await cutDuring(disrupt, moment, () => worker.send(manager, moment));
        await cutDuring(disrupt, moment, async () => {
          const messages = await boss.take(1);
          got.push(...messages.map(({ body }) => body));
          await boss.settle(messages);
        });
      }
      await disrupt.cut?.();
      const sends = numbers(3).map((n) => started(() => worker.send(manager, `during ${n}`)));
      await assertWaits(sends[0], "a send without a connection");
      await disrupt.heal?.();
      await Promise.all(sends);

      assert.deepEqual(got, numbers(8));
      assert.deepEqual(await received(boss, 3), ["during 0", "during 1", "during 2"]);
      await assertWaits(
        started(() => boss.take(1)),
        "a take of what was settled",
      );
    },
  },
  {
    id: "JC-16",
    title: "a seat is held through a lost connection, and what waits for it can be given up meanwhile",
    needs: ["cut"],
    async run(subject) {
      const { boss, worker } = await seats(subject);
      const { disrupt } = subject;
      const take = started(() => worker.take(1));
      await settle();
      await disrupt.cut?.();
      const abort = new AbortController();
      const send = started(() => boss.send({ name: "worker" }, "given up", abort.signal));
      await assertWaits(send, "a send without a connection");
      abort.abort(reason);
      assert.equal(await rejectionOf(() => send), reason);
      await disrupt.heal?.();
      assert.equal(worker.lost.aborted, false, "the seat is lost with the connection");
      await boss.send({ name: "worker" }, "after");
      const [message] = await take;

      // What was given up without a connection may have been on its way.
      const { body } =
        message?.body === "given up" ? ((await takeSome(worker, 1))[0] ?? {}) : (message ?? {});
      assert.equal(body, "after");
    },
  },
  {
    id: "JC-17",
    title: "a holder that is replaced while it has no connection hears of it when it has one again",
    needs: ["cut"],
    async run(subject) {
      const boss = await joined(subject, "host", manager.name);
      for (const moment of numbers(8)) {
        const name = `worker-${moment}`;
        const first = await joined(subject, "one", name);
        const second = await cutDuring(subject.disrupt, moment, () => joined(subject, "two", name));
        await settle();

        await assertLost(() => first.take(1), "a take of a former holder");
        assert.equal(first.lost.aborted, true, "the former holder does not hear of it");
        await boss.send({ name }, moment);
        assert.deepEqual(await received(second, 1), [moment]);
      }
    },
  },
  {
    id: "JC-18",
    title:
      "what the channel has answered for is there after a restart of its server, and seats are still held",
    needs: ["restart"],
    async run(subject) {
      const { boss, worker } = await seats(subject);
      await worker.send(manager, "settled");
      await worker.send(manager, "taken");
      await worker.send(manager, "left");
      const [first] = await takeSome(boss, 2);
      await boss.settle([first as { id: string }]);
      const take = started(() => worker.take(1));
      const standby = started(() => joined(subject, "two", "worker", "wait"));
      await settle();
      await subject.disrupt.restartServer?.();
      await boss.send({ name: "worker" }, "after");

      assert.equal((await take)[0]?.body, "after");
      assert.deepEqual(await received(boss, 1), ["left"]);
      await assertWaits(standby, "a join that waits while the name is held");
      await worker.leave();
      assert.ok((await standby).epoch > worker.epoch, "an epoch is given twice");
    },
  },
  {
    id: "JC-20",
    title: "what is under way when the server restarts is done once",
    needs: ["restart"],
    async run(subject) {
      const boss = await joined(subject, "host", manager.name);
      for (const moment of numbers(8)) {
        const name = `worker-${moment}`;
        const during = async <T>(operation: () => Promise<T>): Promise<T> => {
          const running = started(operation);
          for (let turn = 0; turn < moment % 4; turn++) await (moment > 3 ? settle() : undefined);
          await subject.disrupt.restartServer?.();
          return running;
        };
        const seat = await during(() => joined(subject, "one", name));
        assert.equal(await during(() => seat.send(manager, moment)), true);
        const messages = await during(() => boss.take(1));
        await during(() => boss.settle(messages));
        await during(() => boss.send({ name }, "last"));

        assert.deepEqual(
          messages.map(({ body }) => body),
          [moment],
        );
        assert.deepEqual(await received(seat, 1), ["last"]);
        for (const idle of [boss, seat]) {
          const enough = new AbortController();
          const take = started(() => idle.take(1, enough.signal));
          await assertWaits(take, "a take of what was settled");
          enough.abort(reason);
          await rejectionOf(() => take);
        }
      }
    },
  },
  {
    id: "JC-21",
    title: "leaving and closing without a connection come to their end, and the name is free when it is back",
    needs: ["cut"],
    async run(subject) {
      const boss = await joined(subject, "host", manager.name);
      const channel = await subject.open("one");
      const [left, closed] = [await channel.join("left"), await channel.join("closed")];
      await subject.disrupt.cut?.();
      await left.leave();
      await channel.close();
      for (const seat of [left, closed]) await assertLost(() => seat.take(1), "a take behind the end");
      await subject.disrupt.heal?.();

      for (const name of ["left", "closed"]) {
        const next = await joined(subject, "two", name, "wait");
        await boss.send({ name }, "after");
        assert.deepEqual(await received(next, 1), ["after"]);
      }
    },
  },
  {
    id: "JC-19",
    title: "the name of a process that was killed goes to who waits for it, with what it had not settled",
    needs: ["killPeer"],
    async run(subject) {
      const { boss, worker } = await seats(subject);
      for (const n of numbers(3)) await boss.send({ name: "worker" }, n);
      const [first] = await takeSome(worker, 2);
      await worker.settle([first as { id: string }]);
      const next = started(() => joined(subject, "two", "worker", "wait"));
      await assertWaits(next, "a join that waits");
      await subject.disrupt.killPeer?.("one");
      const seat = await next;

      assert.ok(seat.epoch > worker.epoch, "an epoch is given twice");
      assert.deepEqual(await received(seat, 2), [1, 2]);
      assert.equal(await boss.send({ name: "worker", epoch: worker.epoch }, "too late"), false);
    },
  },
];
