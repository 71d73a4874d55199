import { describe, expect, test } from "vitest";
import { Completion } from "./completion.ts";
import { isPromiseLike, whenSettled } from "./maybe-promise.ts";
import type { Runnable, Scheduler } from "./scheduler.port.ts";

/** Runs steps only when the test says so. */
class ManualScheduler implements Scheduler {
  readonly steps: Runnable[] = [];

  post(step: Runnable): void {
    this.steps.push(step);
  }

  async yield(): Promise<void> {}

  runAll(): void {
    for (let step = this.steps.shift(); step !== undefined; step = this.steps.shift()) step.run();
  }
}

function observed<T>(produce?: () => T) {
  const scheduler = new ManualScheduler();
  const completion = new Completion<T>(scheduler, produce);
  const events: unknown[] = [];
  const subscribe = (name = "") =>
    completion.subscribe(
      (value) => events.push([`${name}value`, value]),
      (error) => events.push([`${name}error`, error]),
    );
  return { scheduler, completion, events, subscribe };
}

describe("the subscriber of a completion", () => {
  test("gets the value when the wait ends after it subscribed", () => {
    const { scheduler, completion, events, subscribe } = observed<number>();

    subscribe();
    completion.resolve(7);
    scheduler.runAll();

    expect(events).toEqual([["value", 7]]);
  });

  test("gets the value when the wait ended before it subscribed", () => {
    const { scheduler, completion, events, subscribe } = observed<number>();

    completion.resolve(7);
    subscribe();
    scheduler.runAll();

    expect(events).toEqual([["value", 7]]);
  });

  test("gets the error of a rejected wait, whichever came first", () => {
    for (const subscribeFirst of [true, false]) {
      const { scheduler, completion, events, subscribe } = observed<number>();

      if (subscribeFirst) subscribe();
      completion.reject("no");
      if (!subscribeFirst) subscribe();
      scheduler.runAll();

      expect(events).toEqual([["error", "no"]]);
    }
  });

  test("never runs inside resolve, reject or subscribe", () => {
    const one = observed<number>();
    one.subscribe();
    one.completion.resolve(1);
    const two = observed<number>();
    two.completion.reject("no");
    two.subscribe();

    expect([one.events, two.events]).toEqual([[], []]);
    expect([one.scheduler.steps.length, two.scheduler.steps.length]).toEqual([1, 1]);
  });

  test("runs once, however often the wait is settled", () => {
    const { scheduler, completion, events, subscribe } = observed<number>();

    subscribe();
    completion.resolve(1);
    completion.resolve(2);
    completion.reject("late");
    scheduler.runAll();

    expect(events).toEqual([["value", 1]]);
  });

  test("is one: a second subscription replaces the first", () => {
    const { scheduler, completion, events, subscribe } = observed<number>();

    subscribe("first ");
    subscribe("second ");
    completion.resolve(1);
    scheduler.runAll();

    expect(events).toEqual([["second value", 1]]);
  });

  test("gets undefined, null and other falsy values as they are", () => {
    for (const value of [undefined, null, 0, "", false]) {
      const { scheduler, completion, events, subscribe } = observed<unknown>();

      subscribe();
      completion.resolve(value);
      scheduler.runAll();

      expect(events).toEqual([["value", value]]);
    }
  });
});

describe("a completion", () => {
  test("ignores a resolve after its rejection", () => {
    const { scheduler, completion, events, subscribe } = observed<number>();

    completion.reject("first");
    completion.resolve(1);
    subscribe();
    scheduler.runAll();

    expect(events).toEqual([["error", "first"]]);
  });

  test("calls onSettled once, inside the call that settles it", () => {
    const { completion } = observed<number>();
    let calls = 0;
    completion.onSettled = () => calls++;

    expect(completion.settled).toBe(false);
    completion.resolve(1);
    expect(calls).toBe(1);
    expect(completion.settled).toBe(true);
    completion.reject("late");
    expect(calls).toBe(1);
  });

  test("posts nothing to the scheduler while nobody has subscribed", () => {
    const { scheduler, completion } = observed<number>();

    completion.resolve(1);

    expect(scheduler.steps).toEqual([]);
  });
});

describe("produce", () => {
  test("makes the value when the subscriber runs, not when the wait ends", () => {
    let fresh = "old";
    const { scheduler, completion, events, subscribe } = observed(() => fresh);

    subscribe();
    completion.resolve();
    fresh = "new";
    scheduler.runAll();

    expect(events).toEqual([["value", "new"]]);
  });

  test("that throws rejects the wait", () => {
    const { scheduler, completion, events, subscribe } = observed<number>(() => {
      throw new RangeError("nothing there");
    });

    subscribe();
    completion.resolve();
    scheduler.runAll();

    expect(events).toEqual([["error", new RangeError("nothing there")]]);
  });

  test("is not asked when the wait is rejected", () => {
    let asked = 0;
    const { scheduler, completion, events, subscribe } = observed(() => ++asked);

    subscribe();
    completion.reject("no");
    scheduler.runAll();

    expect([events, asked]).toEqual([[["error", "no"]], 0]);
  });
});

describe("waiting with a promise", () => {
  test("a completion can be awaited for its value", async () => {
    const { scheduler, completion } = observed<number>();
    const value = (async () => await completion)();
    await Promise.resolve();

    completion.resolve(7);
    scheduler.runAll();

    await expect(value).resolves.toBe(7);
  });

  test("awaiting a rejected one throws its error", async () => {
    const { scheduler, completion } = observed<number>();
    const value = (async () => await completion)();
    await Promise.resolve();

    completion.reject(new RangeError("no"));
    scheduler.runAll();

    await expect(value).rejects.toThrow(RangeError);
  });

  test("whenSettled calls back from a completion through the scheduler alone", () => {
    const { scheduler, completion, events } = observed<number>();

    whenSettled(completion, (value) => events.push(value), String);
    completion.resolve(7);
    scheduler.runAll();

    expect(events).toEqual([7]);
  });

  test("whenSettled calls back from a promise with its value or its error", async () => {
    const events: unknown[] = [];

    whenSettled(Promise.resolve(1), (value) => events.push(value), String);
    whenSettled(Promise.reject("no"), String, (error) => events.push(error));
    await new Promise(setImmediate);

    expect(events).toEqual([1, "no"]);
  });
});

test.each([
  [Promise.resolve(), true],
  [new Completion(new ManualScheduler()), true],
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  [{ then: () => 1 }, true],
  // biome-ignore lint/suspicious/noThenProperty: a record may have such a field
  [{ then: 1 }, false],
  [null, false],
  [undefined, false],
  ["then", false],
])("isPromiseLike tells whether %o must be waited for", (value, expected) => {
  expect(isPromiseLike(value)).toBe(expected);
});
