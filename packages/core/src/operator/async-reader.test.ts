import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Runnable, Scheduler } from "../host/scheduler.port.ts";
import { AsyncReader } from "./async-reader.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

/** Runs each posted step as a macrotask of its own, as a host does. */
const scheduler: Scheduler = {
  post: (step: Runnable) => void setImmediate(() => step.run()),
  yield: () => tick(),
};
const tick = () => new Promise<void>((resolve) => void setImmediate(resolve));
const settle = async () => {
  for (let i = 0; i < 4; i++) await tick();
};

/** An iterator whose answers come when the test gives them. */
class ManualIterator implements AsyncIterator<unknown> {
  readonly #asked: { resolve: (next: IteratorResult<unknown>) => void; reject: (error: unknown) => void }[] =
    [];
  asked = 0;
  returned = 0;

  next(): Promise<IteratorResult<unknown>> {
    this.asked++;
    return new Promise((resolve, reject) => this.#asked.push({ resolve, reject }));
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.returned++;
    return { done: true, value: undefined };
  }

  get outstanding(): number {
    return this.#asked.length;
  }

  async give(value: unknown): Promise<void> {
    this.#asked.shift()?.resolve({ done: false, value });
    await Promise.resolve();
  }

  async end(): Promise<void> {
    this.#asked.shift()?.resolve({ done: true, value: undefined });
    await Promise.resolve();
  }

  async fail(error: unknown): Promise<void> {
    this.#asked.shift()?.reject(error);
    await Promise.resolve();
  }
}

function setUp() {
  const iterator = new ManualIterator();
  const reader = new AsyncReader(iterator, scheduler);
  const poll = async (max = 10) => await reader.poll(max);
  return { iterator, reader, poll };
}

describe("reading an async iterator", () => {
  test("gives all records in their order, once, to one reader", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (items, max) => {
          const reader = new AsyncReader(
            (async function* () {
              yield* items;
            })(),
            scheduler,
          );
          const got: unknown[] = [];
          for (let records = await reader.poll(max); records.length > 0; records = await reader.poll(max)) {
            expect(records.length).toBeLessThanOrEqual(max);
            got.push(...records);
          }

          expect(got).toEqual(items);
          expect(await reader.poll(max)).toEqual([]);
        },
      ),
    );
  });

  test("gives each record to one of several polls that wait, and the end to all", async () => {
    const { iterator, poll } = setUp();
    const polls = [poll(1), poll(1), poll(1)];
    for (const value of ["a", "b"]) await iterator.give(value);
    await iterator.end();

    expect(await Promise.all(polls)).toEqual([["a"], ["b"], []]);
  });

  test("answers one poll with all that became ready together", async () => {
    const { iterator, poll } = setUp();
    const answer = poll(3);
    for (const value of ["a", "b", "c"]) await iterator.give(value);

    expect(await answer).toEqual(["a", "b", "c"]);
  });

  test("has at most one next() outstanding, and none before the first poll", async () => {
    const { iterator, poll } = setUp();
    expect(iterator.asked).toBe(0);

    const polls = [poll(), poll()];
    await settle();
    expect(iterator.outstanding).toBe(1);
    await iterator.give("a");
    expect(iterator.outstanding).toBe(1);
    await iterator.end();
    await Promise.all(polls);
  });

  test("pulls nothing between polls, and loses nothing that came late", async () => {
    const { iterator, poll } = setUp();
    const first = poll(5);
    await iterator.give("a");
    expect(await first).toEqual(["a"]);
    await iterator.give("late");
    await settle();
    expect(iterator.outstanding).toBe(0);

    expect(await poll(5)).toEqual(["late"]);
  });

  test("takes undefined for a record", async () => {
    const { iterator, poll } = setUp();
    const answer = poll(1);
    await iterator.give(undefined);

    expect(await answer).toEqual([undefined]);
  });
});

describe("an async iterator that fails", () => {
  test("first gives the records that it gave before, then the error, to every later poll", async () => {
    const { iterator, poll } = setUp();
    const answer = poll(5);
    await iterator.give("a");
    await iterator.fail(new Error("torn"));

    expect(await answer).toEqual(["a"]);
    await expect(poll()).rejects.toThrow("torn");
    await expect(poll()).rejects.toThrow("torn");
  });

  test("fails every poll that waits for it", async () => {
    const { iterator, poll } = setUp();
    const polls = Promise.allSettled([poll(), poll()]);
    await iterator.fail(new Error("torn"));

    expect((await polls).map((result) => result.status)).toEqual(["rejected", "rejected"]);
  });

  test("may fail by throwing from next() itself", async () => {
    const reader = new AsyncReader(
      {
        next: () => {
          throw new Error("at once");
        },
      },
      scheduler,
    );

    await expect((async () => await reader.poll(1))()).rejects.toThrow("at once");
  });
});

describe("closing an async reader", () => {
  test("calls return once, and ends every poll", async () => {
    const { iterator, reader, poll } = setUp();
    reader.close();
    reader.close();

    expect(await poll()).toEqual([]);
    expect(iterator.returned).toBe(1);
    expect(iterator.asked).toBe(0);
  });

  test("waits for the outstanding next(), whose record still arrives", async () => {
    const { iterator, reader, poll } = setUp();
    const answers: unknown[][] = [];
    const waiting = poll().then((records) => answers.push(records));
    await settle();
    reader.close();
    await settle();
    expect(answers).toEqual([]);

    await iterator.give("already taken");
    await waiting;
    expect(answers).toEqual([["already taken"]]);
    expect(await poll()).toEqual([]);
    expect([iterator.returned, iterator.outstanding]).toEqual([1, 0]);
  });

  test("still gives what it had buffered", async () => {
    const { iterator, reader, poll } = setUp();
    const first = poll(1);
    await iterator.give("a");
    await first;
    const second = poll(5);
    await iterator.give("b");
    await second;
    await iterator.give("buffered");
    await settle();
    reader.close();

    expect(await poll()).toEqual(["buffered"]);
    expect(await poll()).toEqual([]);
  });

  test("does not call return on an iterator that has ended", async () => {
    const { iterator, reader, poll } = setUp();
    const answer = poll();
    await iterator.end();
    await answer;
    reader.close();

    expect(iterator.returned).toBe(0);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("stuck");
      },
    ],
    ["rejects", () => Promise.reject(new Error("stuck"))],
  ])("does not mind a return() that %s", async (_, fail) => {
    const { iterator, reader, poll } = setUp();
    iterator.return = fail;
    reader.close();
    await settle();

    expect(await poll()).toEqual([]);
  });
});
