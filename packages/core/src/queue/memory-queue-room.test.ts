import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Completion } from "../host/completion.ts";
import { isPromiseLike } from "../host/maybe-promise.ts";
import type { Runnable, Scheduler } from "../host/scheduler.port.ts";
import { Batch } from "../packet/batch.ts";
import { MemoryQueue, type RoomRequest } from "./memory-queue.ts";
import type { Delivery } from "./queue.port.ts";
import { QueueDescriptor } from "./queue-descriptor.ts";

/** Runs what is posted at once. */
const scheduler: Scheduler = { post: (step: Runnable) => step.run(), yield: () => Promise.resolve() };

const open = (capacity: number): MemoryQueue =>
  new MemoryQueue(new QueueDescriptor({ kind: "local", id: "q", capacity }), scheduler);

const records = (from: number, count: number): Batch =>
  new Batch(
    0,
    from,
    Array.from({ length: count }, (_, i) => from + i),
  );

/** Takes and commits everything that is there. */
function drain(queue: MemoryQueue): unknown[] {
  const delivery = queue.take(1000);
  if (isPromiseLike(delivery)) throw new Error("there is nothing to take");
  queue.advance(delivery.position as number);
  return delivery.batches.flatMap(({ payloads }) => payloads);
}

const never = (): void => {
  throw new Error("it is refused");
};

describe("room for records that are on their way", () => {
  it("is given in parts as it comes up, in line with puts, and is nobody else's until they come", () => {
    const queue = open(4);
    queue.put(records(0, 3));
    const given: number[] = [];
    queue.reserve(3, (room) => given.push(room), never);
    const put = queue.put(records(6, 1));
    expect([given, queue.offer(records(9, 1)), queue.size()]).toEqual([[1], false, 3]);

    expect(drain(queue)).toEqual([0, 1, 2]);
    expect(given).toEqual([1, 2]);
    expect(isPromiseLike(put) && (put as { settled?: boolean }).settled).toBe(true);
    queue.arrive(records(3, 3));
    expect(drain(queue)).toEqual([6, 3, 4, 5]);
    expect(queue.room).toBe(4);
  });

  it("goes to the next in line when it is given back, or when somebody leaves the line", () => {
    const queue = open(2);
    const given: [string, number][] = [];
    const ask = (name: string, count: number): RoomRequest =>
      queue.reserve(count, (room) => given.push([name, room]), never);
    ask("a", 2);
    const b = ask("b", 2);
    ask("c", 1);
    queue.giveBack(1);
    expect(given).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
    b.cancel();
    queue.giveBack(1);
    expect(given.at(-1)).toEqual(["c", 1]);
  });

  it("outlives the end: what has room still comes, and only then a delivery is done", async () => {
    const queue = open(4);
    const refused: unknown[] = [];
    queue.reserve(2, () => undefined, never);
    queue.reserve(
      3,
      () => undefined,
      ({ code }) => refused.push(code),
    );
    const waiting = queue.take(10);
    queue.close();
    queue.reserve(1, never, ({ code }) => refused.push(code));
    expect(refused).toEqual(["QUEUE_CLOSED", "QUEUE_CLOSED"]);
    queue.arrive(records(0, 1));
    expect(await waiting).toMatchObject({ done: false });
    const last = queue.take(10);
    expect(isPromiseLike(last)).toBe(true);
    queue.giveBack(queue.descriptor.capacity - queue.room - queue.size());

    expect(await last).toMatchObject({ batches: [], done: true });
  });

  it("is never more than there is, whoever wants it in whatever order", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("reserve" as const), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ do: fc.constant("arrive" as const), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ do: fc.constant("back" as const), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ do: fc.constant("put" as const), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ do: fc.constant("drain" as const), count: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 60 }), (capacity, steps) => {
        const queue = open(capacity);
        let mine = 0;
        let sent = 0;
        for (const { do: what, count } of steps) {
          if (what === "reserve")
            queue.reserve(
              count,
              (room) => {
                mine += room;
              },
              never,
            );
          else if (what === "put") {
            queue.put(records(sent, count));
            sent += count;
          } else if (what === "drain") {
            if (queue.size() > 0) drain(queue);
          } else {
            const used = Math.min(mine, count);
            mine -= used; // before the call: room that is given back may come to us again
            if (what === "arrive" && used > 0) queue.arrive(records(0, used));
            if (what === "back") queue.giveBack(used);
          }
          expect(queue.size() + mine + queue.room).toBe(capacity);
          expect(queue.room).toBeGreaterThanOrEqual(0);
          expect(queue.crowded && queue.room > 0).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("a take that waits", () => {
  it("takes nothing when it is given up, even when it was about to get something", async () => {
    const steps: Runnable[] = [];
    const later: Scheduler = { post: (step) => void steps.push(step), yield: () => Promise.resolve() };
    const queue = new MemoryQueue(new QueueDescriptor({ kind: "local", id: "q", capacity: 4 }), later);
    const outcomes: unknown[] = [];
    const wait = (): void => {
      const taken = queue.take(9);
      if (!isPromiseLike(taken)) throw new Error("it does not wait");
      (taken as Completion<Delivery>).subscribe(
        ({ batches }) => outcomes.push(batches.flatMap(({ payloads }) => payloads)),
        (error) => outcomes.push(error),
      );
    };
    wait();
    queue.giveUpTake("before anything came");
    wait();
    queue.put(records(0, 2)); // and its turn is asked for
    queue.giveUpTake("in between");
    for (let step = steps.shift(); step !== undefined; step = steps.shift()) step.run();

    expect(outcomes).toEqual(["before anything came", "in between"]);
    expect([queue.position, drain(queue)]).toEqual([0, [0, 1]]);
  });
});

describe("room that is lent", () => {
  it("is for others, and what comes for it all the same is taken in", () => {
    const queue = open(4);
    queue.reserve(3, () => undefined, never);
    queue.lend(3);
    expect([queue.room, queue.offer(records(0, 4)), queue.room]).toEqual([4, true, 0]);
    queue.arrive(records(10, 2), 2);
    expect([queue.size(), queue.offer(records(5, 1))]).toEqual([6, false]);
    queue.giveBack(1, 1);
    expect(drain(queue)).toEqual([0, 1, 2, 3, 10, 11]);
    expect(queue.room).toBe(4);
  });

  it("keeps the end from coming before what is under way", () => {
    const queue = open(4);
    queue.reserve(1, () => undefined, never);
    queue.lend(1);
    queue.close();
    expect(isPromiseLike(queue.take(1))).toBe(true);
    queue.giveUpTake("enough");
    queue.arrive(records(0, 1), 1);
    expect(drain(queue)).toEqual([0]);
    expect(queue.take(1)).toMatchObject({ batches: [], done: true });
  });
});
