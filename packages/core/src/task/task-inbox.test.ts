import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHost } from "../../test-support/fake-host.ts";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { LazyQueue } from "../../test-support/lazy-queue.ts";
import { data } from "../../test-support/task-harness.ts";
import { whenSettled } from "../host/maybe-promise.ts";
import type { Delivery } from "../queue/queue.port.ts";
import type { Inbox } from "./source-inbox.ts";
import { TaskInbox } from "./task-inbox.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const kinds = ["promises", "completions"] as const;

/** The input of a task over a queue of numbers, whose takes wait as promises or as completions. */
function setUp(kind: (typeof kinds)[number] = "promises") {
  const { scheduler } = createHost();
  const fake = new FakeQueue(1000);
  const lazy = new LazyQueue(scheduler);
  const inner: Inbox = kind === "promises" ? fake : lazy;
  let offered = 0;
  const offer = (count = 1) => {
    const numbers = Array.from({ length: count }, (_, i) => offered + i);
    if (kind === "promises") fake.offer(data(0, offered, ...numbers));
    else lazy.offer(count);
    offered += count;
  };
  const inbox = new TaskInbox(inner, scheduler);
  return { inbox, inner, fake, offer, settled: () => scheduler.settled(), offered: () => offered };
}

/** One incarnation of the task: it takes as a task's loop does, and what it gets after its end it ignores. */
class Incarnation {
  readonly got: number[] = [];
  readonly deliveries: Delivery[] = [];
  readonly errors: unknown[] = [];
  readonly #inbox: TaskInbox;
  waiting = false;
  over = false;

  constructor(inbox: TaskInbox) {
    this.#inbox = inbox;
  }

  take(max = 10): void {
    if (this.waiting) return;
    this.waiting = true;
    const onDelivery = (delivery: Delivery): void => {
      if (this.over) return;
      this.waiting = false;
      this.deliveries.push(delivery);
      for (const { payloads } of delivery.batches) this.got.push(...(payloads as number[]));
    };
    const taken = this.#inbox.take(max);
    if ("batches" in taken) onDelivery(taken);
    else whenSettled(taken, onDelivery, (error) => this.errors.push(error));
  }
}

describe("a task's input", () => {
  test("is its queue, as long as the task lives", async () => {
    const { inbox, fake, offer } = setUp();
    offer(3);
    const delivery = (await inbox.take(2)) as Delivery;
    expect([delivery.batches[0]?.payloads, inbox.size(), inbox.descriptor]).toEqual([
      [0, 1],
      3,
      fake.descriptor,
    ]);

    await inbox.advance(inbox.positionAfter(delivery, 1));
    expect([fake.positions, inbox.size()]).toEqual([[1], 2]);
    await inbox.close();
    expect(fake.closes).toBe(1);
  });

  test("has neither a size nor a descriptor where it is no queue", () => {
    const { inbox } = setUp("completions");

    expect([inbox.size(), inbox.descriptor]).toEqual([undefined, undefined]);
  });
});

describe.each(kinds)("a take that waits as one of %s", (kind) => {
  test("is answered to the next incarnation when the one that left it is no more", async () => {
    const { inbox, offer, settled } = setUp(kind);
    const [first, second] = [new Incarnation(inbox), new Incarnation(inbox)];
    first.take();
    first.over = true;
    await inbox.rewind(undefined);
    second.take();
    await settled();
    expect(second.waiting).toBe(true);

    offer(2);
    await settled();
    expect(second.got).toEqual([0, 1]);
    offer(1);
    second.take();
    await settled();
    expect([first.got, second.got]).toEqual([[], [0, 1, 2]]);
  });

  test("is answered to the one after that when the next one ends before it is answered", async () => {
    const { inbox, offer, settled } = setUp(kind);
    const all = [0, 1, 2, 3].map(() => new Incarnation(inbox));
    for (const each of all.slice(0, 3)) {
      each.take();
      each.over = true;
      await settled();
      await inbox.rewind(undefined);
    }
    const last = all[3] as Incarnation;
    last.take();
    offer(1);
    await settled();
    last.take();
    offer(1);
    await settled();

    expect(all.map(({ got }) => got)).toEqual([[], [], [], [0, 1]]);
  });

  test("comes again when it was answered while nobody was there", async () => {
    const { inbox, offer, settled } = setUp(kind);
    const [first, second] = [new Incarnation(inbox), new Incarnation(inbox)];
    first.take();
    first.over = true;
    offer(2);
    await settled();
    await inbox.rewind(undefined);
    second.take();
    await settled();

    expect(second.got).toEqual([0, 1]);
  });

  test("comes again when it was answered to the next one before that could take it", async () => {
    const { inbox, offer, settled } = setUp(kind);
    const [first, third] = [new Incarnation(inbox), new Incarnation(inbox)];
    first.take();
    first.over = true;
    await inbox.rewind(undefined);
    offer(2);
    await settled();
    await inbox.rewind(undefined); // the second one has failed while it was opened
    third.take();
    await settled();
    third.take();
    offer(1);
    await settled();

    expect(third.got).toEqual([0, 1, 2]);
  });

  test("brings first what was taken before and not committed", async () => {
    const { inbox, offer, settled } = setUp(kind);
    const [first, second] = [new Incarnation(inbox), new Incarnation(inbox)];
    offer(3);
    first.take();
    await inbox.advance(1);
    first.take();
    await settled();
    first.over = true;
    await inbox.rewind(1);
    second.take(1);
    await settled();
    for (let n = 0; n < 3; n++) {
      second.take(5);
      offer(1);
      await settled();
    }

    expect([first.got, second.got]).toEqual([
      [0, 1, 2],
      [1, 2, 3, 4, 5],
    ]);
  });

  test("brings the end of a closed input to the next incarnation", async () => {
    const { inbox, settled } = setUp(kind);
    const [first, second] = [new Incarnation(inbox), new Incarnation(inbox)];
    first.take();
    first.over = true;
    await inbox.rewind(undefined);
    second.take();
    await inbox.close();
    await settled();

    expect(second.deliveries).toMatchObject([{ batches: [], done: true }]);
  });

  test("never brings anything twice or leaves it out, however takes, commits and crashes interleave", async () => {
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.record({ offer: fc.integer({ min: 1, max: 3 }) }) },
      { weight: 4, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 3 }) }) },
      { weight: 3, arbitrary: fc.record({ commit: fc.nat({ max: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ crash: fc.integer({ min: 1, max: 2 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40, size: "max" }), async (plan) => {
        const { inbox, offer, settled, offered } = setUp(kind);
        let committed = 0;
        let task = new Incarnation(inbox);
        let from = 0;
        const check = () => {
          expect(task.got).toEqual(task.got.map((_, i) => from + i));
          expect(task.errors).toEqual([]);
        };
        const crash = async () => {
          task.over = true;
          await inbox.rewind(committed);
          task = new Incarnation(inbox);
          from = committed;
        };
        for (const step of plan) {
          if ("offer" in step) offer(step.offer);
          else if ("take" in step) task.take(step.take);
          else if ("commit" in step) {
            committed = Math.max(committed, from + task.got.length - step.commit);
            await inbox.advance(committed);
          } else for (let n = 0; n < step.crash; n++) await crash();
          await settled();
          check();
        }
        await crash();
        await settled();
        await inbox.close();
        while (task.deliveries.at(-1)?.done !== true) {
          task.take(3);
          await settled();
          check();
        }
        expect(from + task.got.length).toBe(offered());
      }),
    );
  });
});
