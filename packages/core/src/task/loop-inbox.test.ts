import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHost, tick } from "../../test-support/fake-host.ts";
import { FakeQueue } from "../../test-support/fake-queue.ts";
import { data } from "../../test-support/task-harness.ts";
import type { Delivery } from "../queue/queue.port.ts";
import { LoopInbox, loopChannel, loopSource } from "./loop-inbox.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

/** The two queues of a loop's head, and a consumer that keeps what it takes. */
function setUp(capacity = 3, inputs: readonly number[] = [0]) {
  const { clock, scheduler } = createHost();
  const outside = new FakeQueue(capacity, "outside");
  const back = new FakeQueue(100, "back");
  const inbox = new LoopInbox({ outside, back, inputs, clock, scheduler });
  const taken: Delivery[] = [];
  let waiting = false;
  const next: Record<"outside" | "back", number> = { outside: 0, back: 0 };
  const offer = (line: "outside" | "back", count = 1) => {
    const queue = line === "outside" ? outside : back;
    const channel = line === "outside" ? 0 : 1;
    const records = Array.from({ length: count }, (_, i) => `${line} ${next[line] + i}`);
    if (queue.offer(data(channel, next[line], ...records))) next[line] += count;
  };
  const take = async (max = 10) => {
    if (waiting) return;
    waiting = true;
    void Promise.resolve(inbox.take(max)).then((delivery) => {
      waiting = false;
      taken.push(delivery);
    });
    await scheduler.settled();
  };
  const records = () => taken.flatMap(({ batches }) => batches.flatMap(({ payloads }) => payloads));
  const settled = () => scheduler.settled();
  return { inbox, outside, back, offer, take, taken, records, settled, next, isWaiting: () => waiting };
}

describe("the inbox of a loop's head", () => {
  test("prefers what comes back", async () => {
    const { offer, take, records } = setUp();
    offer("outside");
    offer("back");
    await take();
    await take();

    expect(records()).toEqual(["back 0", "outside 0"]);
  });

  test("takes from outside only while less waits on the way back than the outside queue may hold", async () => {
    const { inbox, offer, take, taken, records, settled, isWaiting } = setUp(3);
    offer("back", 3);
    offer("outside");
    await take();
    await take();
    expect([records(), isWaiting()]).toEqual([["back 0", "back 1", "back 2"], true]);

    inbox.advance(inbox.positionAfter(taken[0] as Delivery, 1));
    await settled();
    expect(records().at(-1)).toBe("outside 0");
  });

  test("wakes a take for what comes back while no room is for what waits outside", async () => {
    const { offer, take, records, settled } = setUp(1);
    offer("back");
    await take();
    await take();
    offer("outside");
    offer("back");
    await settled();

    expect(records()).toEqual(["back 0", "back 1"]);
  });

  test("commits each part of a delivery in the queue that it came from", async () => {
    const { inbox, outside, back, offer, take, taken } = setUp(9);
    offer("outside", 3);
    await take();
    inbox.advance(inbox.positionAfter(taken[0] as Delivery, 2));
    expect([outside.size(), back.size()]).toEqual([1, 0]);

    offer("back", 2);
    await take();
    inbox.advance((taken[1] as Delivery).position);
    expect([outside.size(), back.size()]).toEqual([0, 0]);
  });

  test("commits with a delivery all that was delivered before, from both queues", async () => {
    const { inbox, outside, back, offer, take, taken } = setUp(9);
    offer("back", 2);
    await take();
    offer("outside", 2);
    await take();
    inbox.advance(inbox.positionAfter(taken[1] as Delivery, 1));

    expect([outside.size(), back.size()]).toEqual([1, 0]);
  });

  test("announces the end of the loop once, on every input of it, after everything that came back", async () => {
    const { inbox, offer, take, taken, settled } = setUp(3, [0, 2]);
    offer("back");
    inbox.end();
    inbox.end();
    for (let n = 0; n < 3; n++) await take();
    await settled();

    expect(taken).toHaveLength(2);
    expect(taken[1]?.batches.map(({ channel, stop }) => [channel, stop?.source])).toEqual([
      [loopChannel(0), loopSource],
      [loopChannel(2), loopSource],
    ]);
  });

  test("wakes a take that waits for the end, and still hands over what comes after it", async () => {
    const { inbox, offer, take, taken, records, settled } = setUp();
    await take();
    inbox.end();
    await settled();
    expect(taken).toHaveLength(1);

    inbox.advance((taken[0] as Delivery).position);
    await take();
    offer("back");
    await settled();
    expect(records()).toEqual(["back 0"]);
  });

  test("fails a take when one of its queues fails, and every one after that", async () => {
    const { inbox, outside } = setUp();
    const broken = new Error("connection lost");
    outside.take = () => Promise.reject(broken);

    await expect(inbox.take(1)).rejects.toBe(broken);
    expect(() => inbox.take(1)).toThrow(broken);
  });

  test("reports the fill of both queues, and closes both", async () => {
    const { inbox, outside, back, offer } = setUp();
    offer("outside", 2);
    offer("back");
    expect([inbox.size(), inbox.descriptor.capacity]).toEqual([3, 3]);

    await inbox.close();
    expect([outside.closes, back.closes]).toEqual([1, 1]);
  });

  test("hands over every element once, in the order of its queue, however puts, takes and commits interleave", async () => {
    const steps = fc.array(
      fc.tuple(fc.constantFrom("outside", "back", "take", "take", "advance", "part"), fc.nat()),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const { inbox, outside, back, offer, take, taken, settled, records, next } = setUp(3);
        let committed = 0;
        const commit = (all: boolean) => {
          const delivery = taken[committed];
          if (delivery === undefined) return;
          const elements = delivery.batches.reduce((sum, batch) => sum + batch.elements, 0);
          inbox.advance(all ? delivery.position : inbox.positionAfter(delivery, Math.max(1, elements - 1)));
          if (all) committed++;
        };
        for (const [step, n] of plan) {
          const hadRoom = back.size() < 3;
          const before = taken.length;
          if (step === "outside" || step === "back") offer(step, (n % 3) + 1);
          else if (step === "take") await take((n % 4) + 1);
          else commit(step === "advance");
          await settled();
          const lines = taken.slice(before).flatMap(({ batches }) => batches.map((b) => b.channel));
          if (!hadRoom && step === "take") expect(lines).not.toContain(0);
        }
        inbox.end();
        for (let turn = 0; turn < 200 && taken.at(-1)?.batches[0]?.channel !== loopChannel(0); turn++) {
          while (committed < taken.length) commit(true);
          await settled();
          await take();
        }
        for (let turn = 0; turn < 100 && outside.size() > 0; turn++) {
          while (committed < taken.length) commit(true);
          await take();
        }
        while (committed < taken.length) commit(true);

        for (const line of ["outside", "back"] as const) {
          const expected = Array.from({ length: next[line] }, (_, i) => `${line} ${i}`);
          expect(records().filter((record) => String(record).startsWith(line))).toEqual(expected);
        }
        const ends = taken.findIndex(({ batches }) => batches[0]?.channel === loopChannel(0));
        const late = taken.slice(ends).flatMap(({ batches }) => batches.map((b) => b.channel));
        expect(late).not.toContain(1);
        expect([outside.size(), back.size()]).toEqual([0, 0]);
        await tick();
      }),
    );
  });
});
