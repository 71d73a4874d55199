import assert from "node:assert/strict";
import { hasCode } from "@sage-kernel/core";
import type { QueueDriver } from "@sage-kernel/core/spi";
import type { ContractCase } from "../contract/contract.ts";
import { numbers, rejectionOf, started } from "../contract/probes.ts";
import { Sender } from "../queue/queue-probes.ts";
import { assertDifferent, assertSame, slow, workplace } from "./queue-driver-probes.ts";
import type { QueueDriverSubject } from "./queue-driver-subject.ts";

/** A driver whose first opening fails, at once or a turn later. */
function failingOnce(driver: QueueDriver, error: Error, late: boolean): QueueDriver {
  let failed = false;
  const failing: QueueDriver = {
    kind: driver.kind,
    capabilities: driver.capabilities,
    open(descriptor) {
      if (failed) return driver.open(descriptor);
      failed = true;
      throw error;
    },
  };
  return late ? slow(failing) : failing;
}

/** Live queues: opened once, shared, cleared and closed. */
export const handlesCases: readonly ContractCase<QueueDriverSubject>[] = [
  {
    id: "D-02",
    title: "a descriptor that is used twice leads to the same queue, and other ids to others",
    async run(subject) {
      const { named, open } = await workplace(subject);

      await assertSame(await open(named("a")), await open(named("a")));
      await assertDifferent(await open(named("b")), await open(named("c")));
    },
  },
  {
    id: "D-17",
    title: "first uses at the same time share one opening",
    async run(subject) {
      const { named, open, opened } = await workplace(subject, slow);

      const queues = await Promise.all(numbers(5).map(() => open(named("a"))));

      assert.deepEqual(opened, [subject.id("a")]);
      const sender = new Sender();
      for (const queue of queues.slice(1)) await assertSame(queues[0] as typeof queue, queue, sender);
    },
  },
  {
    id: "D-06",
    title: "a kind that no driver opens is refused, and the known ones are named",
    async run(subject) {
      const { named, open, opened } = await workplace(subject);

      for (const kind of ["no such kind", "constructor", subject.kind.toUpperCase()]) {
        const refused = await rejectionOf(() => open(named("a", { kind })));
        assert.ok(hasCode(refused, "UNKNOWN_DESCRIPTOR_KIND"), String(refused));
        assert.ok(refused.message.includes(subject.kind), refused.message);
      }
      assert.deepEqual(opened, []);
    },
  },
  {
    id: "D-08",
    title: "another capacity or other options for an open queue are refused, and the field is named",
    async run(subject) {
      const { named, open } = await workplace(subject);
      const queue = await open(named("a", { options: { colour: "red" } }));
      const conflicts = {
        capacity: named("a", { options: { colour: "red" }, capacity: 9 }),
        options: named("a", { options: { colour: "blue" } }),
      };

      for (const [field, descriptor] of Object.entries(conflicts)) {
        const refused = await rejectionOf(() => open(descriptor));
        assert.ok(hasCode(refused, "DESCRIPTOR_CONFLICT"), String(refused));
        assert.equal(refused.details.field, field);
      }
      await assertSame(queue, await open(named("a", { options: { colour: "red" } })));
    },
  },
  {
    id: "D-09",
    title: "clearing a queue closes it for those who use it, and the next use opens it anew",
    async run(subject) {
      const { named, open, job, opened } = await workplace(subject);
      const old = await open(named("a", { capacity: 1 }));
      const beside = await open(named("b"));
      const take = started(() => old.take(1));

      await job.clear(named("a", { capacity: 1 }));

      assert.equal((await take).done, true);
      assert.ok(hasCode(await rejectionOf(() => old.put(new Sender().batch(1))), "QUEUE_CLOSED"));
      const fresh = await open(named("a", { capacity: 1 }));
      assert.deepEqual(opened, ["a", "b", "a"].map(subject.id));
      await assertSame(fresh, fresh);
      await assertSame(beside, beside);
    },
  },
  {
    id: "D-18",
    title: "clearing a queue that is not open opens nothing",
    async run(subject) {
      const { named, job, opened } = await workplace(subject);

      await job.clear(named("a"));

      assert.deepEqual(opened, []);
    },
  },
  {
    id: "D-12",
    title: "two drivers of one kind are refused",
    async run(subject) {
      const drivers = [await subject.driver(), await subject.driver()];

      const refused = await rejectionOf(() => void subject.handles(drivers));

      assert.ok(hasCode(refused, "DUPLICATE_DRIVER"), String(refused));
    },
  },
  {
    id: "D-13",
    title: "an opening that fails is told to all who wait for it, and forgotten",
    async run(subject) {
      for (const late of [false, true]) {
        const error = new Error("no route");
        const { named, open } = await workplace(subject, (driver) => failingOnce(driver, error, late));
        const descriptor = named(late ? "late" : "at once");
        const uses = late ? [1, 2] : [1];

        const failures = await Promise.all(uses.map(() => rejectionOf(() => open(descriptor))));

        assert.ok(failures.every((failure) => failure === error));
        const queue = await open(descriptor);
        await assertSame(queue, queue);
      }
    },
  },
  {
    id: "D-14",
    title: "a driver tells its kind and capabilities, and its queues the descriptor they were opened with",
    async run(subject) {
      const { named } = await workplace(subject);
      const driver = await subject.driver();
      const descriptor = named("a");

      const queue = await driver.open(descriptor);
      await queue.close();

      assert.equal(driver.kind, subject.kind);
      const { crossProcess, durable, atomicCommit } = driver.capabilities;
      for (const capability of [crossProcess, durable, atomicCommit])
        assert.equal(typeof capability, "boolean");
      assert.deepEqual(queue.descriptor.toJSON(), descriptor.toJSON());
    },
  },
  {
    id: "D-16",
    title:
      "closing a job's queues closes every one, also one that is being opened; closing again has no effect",
    async run(subject) {
      const { named, open, job } = await workplace(subject, slow);
      const queue = await open(named("a"));
      const opening = started(() => open(named("b")));

      await Promise.all([job.close(), job.close()]);
      await job.close();

      for (const closed of [queue, await opening])
        assert.ok(hasCode(await rejectionOf(() => closed.put(new Sender().batch(1))), "QUEUE_CLOSED"));
    },
  },
];
