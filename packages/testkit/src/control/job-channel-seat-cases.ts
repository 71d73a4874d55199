import assert from "node:assert/strict";
import type { JobSeat } from "@sage-kernel/core/spi";
import { settle } from "../clock/fake-clock.ts";
import type { ContractCase } from "../contract/contract.ts";
import { assertNoListener, assertWaits, numbers, rejectionOf, started } from "../contract/probes.ts";
import { assertCode, assertLost, joined, manager, received, seats, takeSome } from "./job-channel-probes.ts";
import type { JobChannelSubject } from "./job-channel-subject.ts";

const reason = new Error("enough");

async function assertHolds(seat: JobSeat, sender: JobSeat): Promise<void> {
  assert.equal(seat.lost.aborted, false, "the holder has lost its seat");
  await sender.send({ name: seat.name }, "to the holder");
  assert.deepEqual(await received(seat, 1), ["to the holder"]);
}

/** One process takes a seat that another one holds. */
async function takeOver(subject: JobChannelSubject, name: string, sender: JobSeat): Promise<void> {
  const first = await joined(subject, "first", name);
  await sender.send({ name }, "unsettled");
  const messages = await takeSome(first, 1);
  for (const n of numbers(subject.capacity)) await first.send({ name: sender.name }, n);
  const waits = started(() => first.take(1));
  const full = started(() => first.send({ name: sender.name }, "without room"));
  await settle();
  const second = await joined(subject, "second", name);
  await assertLost(() => waits, "a take that waits");
  await assertLost(() => full, "a send that waits");

  assert.ok(second.epoch > first.epoch, `epoch ${second.epoch} follows epoch ${first.epoch}`);
  assert.equal(first.lost.aborted, true, "the first holder does not hear of it");
  await assertLost(() => first.take(1), "a take of a former holder");
  await assertLost(() => first.settle(messages), "what a former holder settles");
  await assertLost(() => first.send({ name: sender.name }, "late"), "what a former holder sends");
  await first.leave();
  assert.deepEqual(await received(sender, subject.capacity), numbers(subject.capacity));
  assert.deepEqual(await received(second, 1), ["unsettled"]);
  await assertHolds(second, sender);
}

/** Who holds a name: one at a time. */
export const seatCases: readonly ContractCase<JobChannelSubject>[] = [
  {
    id: "JC-09",
    title: "a name that is taken over has one holder: the former one hears of it, and all it does is refused",
    async run(subject) {
      await takeOver(subject, "worker", await joined(subject, "host", manager.name));
    },
  },
  {
    id: "JC-10",
    title: "the same is true of the manager's seat: of two managers one leads",
    needs: ["takeover"],
    async run(subject) {
      await takeOver(subject, manager.name, await joined(subject, "one", "worker"));
    },
  },
  {
    id: "JC-11",
    title:
      "of many that join at once one holds the name, the others have lost it, and no epoch is given twice",
    async run(subject) {
      const boss = await joined(subject, "host", manager.name);
      const all = await Promise.all(numbers(6).map((n) => joined(subject, `process-${n}`, "worker")));
      await settle();
      const epochs = all.map(({ epoch }) => epoch);
      const last = all.find(({ epoch }) => epoch === Math.max(...epochs)) as JobSeat;

      assert.equal(new Set(epochs).size, 6, `epochs are given twice: ${epochs.join(", ")}`);
      for (const seat of all) {
        if (seat !== last) await assertLost(() => seat.send(manager, "late"), "what a former holder sends");
      }
      await assertHolds(last, boss);
    },
  },
  {
    id: "JC-12",
    title: "who waits for a name gets it when its holder leaves, one after the other, and can give up",
    async run(subject) {
      const { boss, worker } = await seats(subject);
      const abort = new AbortController();
      const channel = await subject.open("given up");
      const given = started(() => channel.join("worker", { takeover: "wait", signal: abort.signal }));
      const next = numbers(2).map((n) => started(() => joined(subject, `next-${n}`, "worker", "wait")));
      for (const waits of next) await assertWaits(waits, "a join that waits");
      await assertHolds(worker, boss);
      abort.abort(reason);
      assert.equal(await rejectionOf(() => given), reason);
      assertNoListener(abort.signal, "a join that was given up");
      assert.equal(
        await rejectionOf(() => channel.join("worker", { takeover: "wait", signal: abort.signal })),
        reason,
      );
      await worker.leave();

      const second = await Promise.race(next);
      await settle();
      await assertHolds(second, boss);
      await second.leave();
      const both = await Promise.all(next);
      await assertHolds(both.find((seat) => seat !== second) as JobSeat, boss);
    },
  },
  {
    id: "JC-13",
    title:
      "who leaves ends all that waits there and nothing else: what is not settled is there for the next holder",
    async run(subject) {
      const { boss, worker } = await seats(subject);
      const idle = started(() => worker.take(1));
      await settle();
      for (const n of numbers(3)) await boss.send({ name: "worker" }, n);
      await idle;
      const [second] = await takeSome(worker, 1);
      await worker.settle([second as { id: string }]);
      for (const n of numbers(subject.capacity)) await worker.send(manager, n);
      const full = started(() => worker.send(manager, "without room"));
      await settle();
      await worker.leave();
      await worker.leave();

      await assertLost(() => full, "a send that waits");
      assert.equal(worker.lost.aborted, true, "who leaves does not hear that the seat is lost");
      await assertLost(() => Promise.reject(worker.lost.reason), "the reason of the signal");
      await assertLost(() => worker.take(1), "a take behind the end");
      await assertLost(() => worker.send(manager, "late"), "what is sent behind the end");
      assert.deepEqual(await received(boss, subject.capacity), numbers(subject.capacity));
      const next = await joined(subject, "two", "worker", "wait");
      assert.ok(next.epoch > worker.epoch, "an epoch is given twice");
      assert.deepEqual(await received(next, 2), [0, 2]);
      const take = started(() => next.take(1));
      await settle();
      await next.leave();
      await assertLost(() => take, "a take that waits");
    },
  },
  {
    id: "JC-14",
    title:
      "closing a channel leaves its seats and no others, ends joins that wait, and refuses further ones; what is no name is refused",
    async run(subject) {
      const boss = await joined(subject, "host", manager.name);
      const channel = await subject.open("one");
      const [one, two] = [await channel.join("a"), await channel.join("b")];
      const other = await joined(subject, "two", "c");
      const waits = started(() => channel.join("c", { takeover: "wait" }));
      await settle();
      await channel.close();
      await channel.close();

      await assertCode(() => waits, "CHANNEL_CLOSED");
      await assertCode(() => channel.join("d"), "CHANNEL_CLOSED");
      const open = await subject.open("two");
      for (const name of ["", "../a", "a b", "x".repeat(129), 5])
        await assertCode(() => open.join(name as string), "INVALID_OPTION");
      for (const seat of [one, two]) await assertLost(() => seat.take(1), "a take behind the end");
      await assertHolds(other, boss);
      await assertHolds(await joined(subject, "three", "a", "wait"), boss);
    },
  },
  {
    id: "JC-22",
    title:
      "what a holder notes is there for the next one, in its order, and what a former one notes is refused",
    needs: ["notes"],
    async run(subject) {
      const first = await joined(subject, "one", "worker");
      for (const key of ["b", "a", "c"]) await first.notes?.set(key, { of: key, n: 1 });
      await first.notes?.set("b", { of: "b", n: 2 });
      await first.notes?.delete("a");
      await assertCode(async () => first.notes?.set("d", 1n as never), "NOT_JSON");
      const second = await joined(subject, "two", "worker");
      await assertLost(async () => first.notes?.set("late", true), "what a former holder notes");

      const notes = [...((await second.notes?.all()) ?? [])];
      assert.deepEqual(notes, [
        ["b", { of: "b", n: 2 }],
        ["c", { of: "c", n: 1 }],
      ]);
      const other = await joined(subject, "two", "other");
      assert.deepEqual([...((await other.notes?.all()) ?? [])], [], "the notes of another name");
    },
  },
];
