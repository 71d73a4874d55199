import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import { tick } from "../../test-support/fake-host.ts";
import { ManualClock } from "../../test-support/manual-clock.ts";
import { SageError } from "../errors/sage-error.ts";
import type { Random } from "../host/random.port.ts";
import { SeededRandom } from "../host/seeded-random.ts";
import type { OutgoingCall } from "./call-interceptor.ts";
import { type CallRetryOptions, retryCalls, retryProblemOf } from "./retry.ts";

const facts = { service: "s", method: "m" };
const even = { initialMs: 10, factor: 3, maxMs: 50, jitter: 0 };

/** One call whose attempts end as they are told: an error, or success where there is none left. */
function setUp(
  options: CallRetryOptions,
  { errors, ...given }: Partial<OutgoingCall> & { errors: readonly unknown[] },
) {
  const clock = new ManualClock();
  const abort = new AbortController();
  let draws = 0;
  const next = () => {
    draws++;
    return 0.5;
  };
  const intercept = retryCalls(options, { clock, random: { next } as Random });
  const call: OutgoingCall = {
    ...{ ...facts, args: [], deadline: 100_000, timeoutMs: 100_000, idempotent: true, signal: abort.signal },
    ...given,
  };
  const attempts: { readonly at: number; readonly call: OutgoingCall }[] = [];
  const ends: unknown[] = [];
  const start = async () => {
    const answer = intercept(call, async (passed) => {
      attempts.push({ at: clock.monotonic(), call: passed });
      if (attempts.length > errors.length) return { value: "answer" };
      throw errors[attempts.length - 1];
    });
    answer.then(
      ({ value }) => ends.push(value),
      (error) => ends.push(error),
    );
    await tick();
  };
  const passed = async (ms: number) => {
    clock.advance(ms);
    await tick();
  };
  const times = () => attempts.map(({ at }) => at);
  const listeners = () => getEventListeners(abort.signal, "abort").length;
  return { clock, abort, call, attempts, ends, start, passed, times, listeners, draws: () => draws };
}

const boom = (n: number) => new Error(`boom ${n}`);
const booms = (count: number) => Array.from({ length: count }, (_, i) => boom(i + 1));

describe("a call that may be repeated", () => {
  test("is tried again until an attempt succeeds, each time as the same call", async () => {
    const { call, attempts, ends, start, passed } = setUp({ backoff: even }, { errors: booms(1) });
    await start();
    expect([attempts.length, ends]).toEqual([1, []]);
    await passed(10);

    expect(ends).toEqual(["answer"]);
    expect(attempts.map((attempt) => attempt.call === call)).toEqual([true, true]);
  });

  test("is tried as often as the options say, after waits that grow up to the longest", async () => {
    const { times, ends, start, passed, draws } = setUp({ attempts: 5, backoff: even }, { errors: booms(9) });
    await start();
    for (const ms of [10, 30, 50, 50, 1000]) await passed(ms);

    expect([times(), ends, draws()]).toEqual([[0, 10, 40, 90, 140], [boom(5)], 0]);
  });

  test("is tried three times after about 50 and 100 ms where the options do not say", async () => {
    const { times, ends, start, passed } = setUp({}, { errors: booms(9) });
    await start();
    await passed(50 * 0.75);
    await passed(100 * 0.75);

    expect([times(), ends]).toEqual([[0, 37.5, 112.5], [boom(3)]]);
  });

  test("waits 5 s at most where the options do not say", async () => {
    const options = { attempts: 9, backoff: { jitter: 0 } };
    const { times, start, passed } = setUp(options, { errors: booms(9) });
    await start();
    for (let i = 0; i < 8; i++) await passed(5000);

    expect(times().slice(0, 8)).toEqual([0, 5000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000]);
    expect(times()).toHaveLength(9);
  });

  test("is tried again at once, but in a turn of its own, where the wait is none", async () => {
    const options = { attempts: 2000, backoff: { initialMs: 0, factor: 2 } };
    const { times, start, passed, clock } = setUp(options, { errors: booms(1500) });
    await start();
    expect([times().length, clock.timers]).toEqual([1, 1]);
    for (let i = 0; i < 1500; i++) await passed(0);

    expect([times().length, clock.monotonic()]).toEqual([1501, 0]);
  });

  test.each([
    ["wrong use", new SageError("SERVICE_NOT_FOUND", { service: "s", known: [] })],
    ["a cancellation", new SageError("SERVICE_CANCELLED", facts)],
    ["the end of its time", new SageError("SERVICE_TIMEOUT", { ...facts, timeoutMs: 1 })],
    ["what the options refuse", new TypeError("no")],
  ])("is not tried again after %s", async (_, error) => {
    const retryable = (each: unknown) => !(each instanceof TypeError);
    const { ends, attempts, start, clock } = setUp({ retryable }, { errors: [error] });
    await start();

    expect([ends, attempts.length, clock.timers]).toEqual([[error], 1, 0]);
  });

  test("is tried again after any other error of the kernel, and whatever else was thrown", async () => {
    const unavailable = { ...facts, reason: "gone", maybeExecuted: true };
    const errors = [new SageError("SERVICE_UNAVAILABLE", unavailable), undefined, { kind: "usage" }];
    const { ends, start, passed } = setUp({ attempts: 4, backoff: even }, { errors });
    await start();
    for (const ms of [10, 30, 50]) await passed(ms);

    expect(ends).toEqual(["answer"]);
  });

  test("ends its wait with its signal, and throws the reason", async () => {
    const { clock, abort, attempts, ends, start, passed, listeners } = setUp({}, { errors: booms(9) });
    await start();
    expect([clock.timers, listeners()]).toEqual([1, 1]);
    abort.abort("enough");
    await tick();
    expect([ends, clock.timers, listeners()]).toEqual([["enough"], 0, 0]);

    await passed(1000);
    expect(attempts.length).toBe(1);
  });

  test("is not tried again when its signal fires just as a wait ends", async () => {
    const { clock, abort, attempts, ends, start } = setUp({ backoff: even }, { errors: booms(9) });
    await start();
    clock.advance(10);
    abort.abort("enough");
    await tick();

    expect([ends, attempts.length]).toEqual([["enough"], 1]);
  });

  test("leaves no timer and no listener behind", async () => {
    const { clock, start, passed, ends, listeners } = setUp({ backoff: even }, { errors: booms(1) });
    await start();
    await passed(10);

    expect([ends, clock.timers, listeners()]).toEqual([["answer"], 0, 0]);
  });
});

describe("the deadline of a call", () => {
  test.each([10, 9])(
    "lets no wait begin that would last until it: %s ms are left, 10 to wait",
    async (deadline) => {
      const { clock, attempts, ends, start } = setUp({ backoff: even }, { errors: booms(9), deadline });
      await start();

      expect([ends, attempts.length, clock.timers]).toEqual([[boom(1)], 1, 0]);
    },
  );

  test("lets an attempt begin that comes before it", async () => {
    const { times, ends, start, passed } = setUp({ backoff: even }, { errors: booms(9), deadline: 11 });
    await start();
    await passed(10);

    expect([times(), ends]).toEqual([[0, 10], [boom(2)]]);
  });

  test("lets no attempt begin when a wait has ended too late", async () => {
    const { clock, attempts, ends, start } = setUp({ backoff: even }, { errors: booms(9), deadline: 11 });
    await start();
    clock.advance(11);
    await tick();

    expect([ends, attempts.length]).toEqual([[boom(1)], 1]);
  });
});

describe("a call that may not be repeated", () => {
  test("is tried once, whatever it fails with", async () => {
    const { attempts, ends, start, clock } = setUp({}, { errors: booms(9), idempotent: false });
    await start();

    expect([ends, attempts.length, clock.timers]).toEqual([[boom(1)], 1, 0]);
  });
});

describe("the options of retries", () => {
  test("may all be left out, or be given", () => {
    const all = { attempts: 1, backoff: { ...even, jitter: 1 }, retryable: () => true };
    expect([{}, { backoff: {} }, all].map(retryProblemOf)).toEqual([undefined, undefined, undefined]);
  });

  test.each([
    [undefined, "is no object"],
    [{ attempts: 0 }, "has no whole number of attempts"],
    [{ attempts: 1.5 }, "has no whole number of attempts"],
    [{ backoff: 50 }, 'has no object in "backoff"'],
    [{ backoff: { initialMs: -1 } }, 'has no number of ms in "backoff.initialMs"'],
    [{ backoff: { maxMs: Number.POSITIVE_INFINITY } }, 'has no number of ms in "backoff.maxMs"'],
    [{ backoff: { factor: 0.5 } }, 'has no finite number of at least 1 in "backoff.factor"'],
    [{ backoff: { jitter: 1.1 } }, 'has no share from 0 to 1 in "backoff.jitter"'],
    [{ backoff: { jitter: -0.1 } }, 'has no share from 0 to 1 in "backoff.jitter"'],
    [{ retryable: true }, 'has no function in "retryable"'],
    [{ retries: 3 }, 'has an unknown option "retries"'],
    [{ backoff: { minMs: 3 } }, 'has an unknown option "backoff.minMs"'],
  ])("are refused as %j, with what is wrong", (options, problem) => {
    const host = { clock: new ManualClock(), random: new SeededRandom(1) };

    expect(retryProblemOf(options)).toBe(problem);
    expect(failureOf(() => retryCalls(options as CallRetryOptions, host))).toMatchObject({
      code: "INVALID_OPTION",
      details: { path: "retry", problem },
    });
  });
});
