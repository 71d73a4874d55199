import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHost } from "../../test-support/fake-host.ts";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { data } from "../../test-support/task-harness.ts";
import type { JsonValue } from "../errors/json.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { LoopInbox, loopChannel } from "./loop-inbox.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

type Line = "outside" | "back";

/** The two queues of a loop's head, and a consumer that starts over when the test says so. */
function setUp(capacity = 5) {
  const { clock, scheduler } = createHost();
  const queues = { outside: new FakeQueue(capacity, "outside"), back: new FakeQueue(100, "back") };
  const inbox = new LoopInbox({ ...queues, inputs: [0], clock, scheduler });
  const taken: Delivery[] = [];
  const next: Record<Line, number> = { outside: 0, back: 0 };
  let committed: JsonValue | undefined;
  let waiting = false;
  const settled = () => scheduler.settled();
  const offer = async (line: Line, count = 1) => {
    const channel = line === "outside" ? 0 : 1;
    const records = Array.from({ length: count }, (_, i) => `${line} ${next[line] + i}`);
    if (queues[line].offer(data(channel, next[line], ...records))) next[line] += count;
    await settled();
  };
  /** Takes once more, unless a take waits: that one is for whoever is there when it is answered. */
  const take = async (max = 10) => {
    if (!waiting) {
      waiting = true;
      void Promise.resolve(inbox.take(max)).then((delivery) => {
        waiting = false;
        taken.push(delivery);
      });
    }
    await settled();
  };
  const commit = async (position: JsonValue) => {
    committed = position;
    await inbox.advance(position);
    await settled();
  };
  const restart = async () => {
    taken.length = 0;
    await inbox.rewind(committed);
    await settled();
  };
  const records = () => taken.flatMap(({ batches }) => batches.flatMap(({ payloads }) => payloads));
  const ends = () => taken.filter(({ batches }) => batches[0]?.channel === loopChannel(0)).length;
  return { inbox, ...queues, offer, take, taken, commit, restart, records, ends, next };
}

describe("the inbox of a loop's head that is rewound", () => {
  test("delivers again what was taken from both queues and not committed", async () => {
    const { offer, take, taken, commit, restart, records } = setUp();
    await offer("back", 2);
    await take();
    await offer("outside", 2);
    await take();
    await commit((taken[0] as Delivery).position);
    await restart();
    await take();

    expect(records()).toEqual(["outside 0", "outside 1"]);
  });

  test("goes on from a part of a delivery", async () => {
    const { inbox, offer, take, taken, commit, restart, records, back } = setUp();
    await offer("back", 3);
    await take();
    await commit(inbox.positionAfter(taken[0] as Delivery, 2));
    await restart();
    await take();
    expect(records()).toEqual(["back 2"]);

    await commit((taken[0] as Delivery).position);
    expect(back.size()).toBe(0);
  });

  test("begins at the beginning when nothing was committed", async () => {
    const { offer, take, restart, records, taken } = setUp();
    await offer("outside");
    await take();
    await restart();
    await take();

    expect(records()).toEqual(["outside 0"]);
    expect(taken[0]?.position).toEqual({ outside: 1 });
  });

  test("forgets what has arrived and was not taken: it comes again, once", async () => {
    const { offer, take, restart, records } = setUp();
    await take(); // waits for both queues
    await offer("back");
    await offer("outside"); // arrives behind the answer
    await restart();
    for (let n = 0; n < 3; n++) await take();
    await offer("outside");

    expect(records()).toEqual(["back 0", "outside 0", "outside 1"]);
  });

  test("lets a take that waits bring what comes again", async () => {
    const { offer, take, restart, records } = setUp();
    await offer("back");
    await take();
    await take(); // waits
    await restart();

    expect(records()).toEqual(["back 0"]);
  });

  test("announces the end of the loop again as long as that is not committed", async () => {
    const { inbox, take, taken, commit, restart, ends } = setUp();
    inbox.end();
    await take();
    expect(ends()).toBe(1);
    await restart();
    await take();
    expect(ends()).toBe(1);

    await commit((taken[0] as Delivery).position);
    await restart();
    await take();
    expect(ends()).toBe(0);
  });

  test("knows that the end was committed, also where another process was told of it", async () => {
    const { inbox, take, taken } = setUp();
    await inbox.rewind({ ended: true });
    expect(inbox.ended).toBe(true);
    inbox.end();
    await take();

    expect(taken).toEqual([]);
  });

  test("forgets an end that was announced and not committed when it is told to", async () => {
    const { inbox, take, taken, restart } = setUp();
    inbox.end();
    await take();
    expect([taken.length, inbox.ended]).toEqual([1, true]);
    inbox.forgetEnd();
    await restart();
    expect(inbox.ended).toBe(false);
    await take();

    expect(taken).toEqual([]);
  });

  test("announces an end that came while nobody was there", async () => {
    const { inbox, restart, take, ends } = setUp();
    inbox.end();
    await restart();
    await take();

    expect(ends()).toBe(1);
  });

  test("hands over every element once to an incarnation, from where the last commit stands, whatever happens", async () => {
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom("outside", "back").map((offer) => ({ offer })) },
      { weight: 4, arbitrary: fc.record({ take: fc.integer({ min: 1, max: 3 }) }) },
      { weight: 3, arbitrary: fc.record({ commit: fc.boolean() }) },
      { weight: 2, arbitrary: fc.constant({ restart: true }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40, size: "max" }), async (plan) => {
        const loop = setUp();
        const { inbox, offer, take, taken, commit, restart, records, next } = loop;
        /** Committed of each queue, by this incarnation before the deliveries that are kept in `taken`. */
        const from: Record<Line, number> = { outside: 0, back: 0 };
        const check = () => {
          for (const line of ["outside", "back"] as const) {
            const mine = records().filter((record) => String(record).startsWith(line));
            expect(mine).toEqual(mine.map((_, i) => `${line} ${from[line] + i}`));
          }
        };
        /** Commits the first delivery, or all but its last element, and forgets what is done. */
        const commitFirst = async (all: boolean) => {
          const first = taken[0];
          const batch = first?.batches[0];
          if (first === undefined || batch === undefined || (!all && batch.elements < 2)) return;
          const done = all ? batch.elements : batch.elements - 1;
          await commit(all ? first.position : inbox.positionAfter(first, done));
          const line = batch.channel === 0 ? "outside" : "back";
          from[line] += done;
          if (all) taken.shift();
          else await restart();
        };
        for (const step of plan) {
          if ("offer" in step) await offer(step.offer as Line);
          else if ("take" in step) await take(step.take);
          else if ("commit" in step) await commitFirst(step.commit);
          else await restart();
          check();
        }
        await restart();
        for (let turn = 0; turn < 60; turn++) {
          await take(3);
          check();
          while (taken.length > 0) await commitFirst(true);
        }
        expect(from).toEqual(next);
      }),
    );
  });
});
