import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { ManualClock } from "../../test-support/manual-clock.ts";
import type { OutgoingCall } from "./call-interceptor.ts";
import { type FaultPlan, injectFaults } from "./fault-injection.ts";

const boom = new Error("boom");

/** Calls through a plan: which of them reached the service, and how each ended so far. */
function setUp(plan: FaultPlan) {
  const clock = new ManualClock();
  const abort = new AbortController();
  const intercept = injectFaults(plan, { clock });
  const reached: OutgoingCall[] = [];
  const ends: unknown[] = [];
  const call = async (method = "m") => {
    const { signal } = abort;
    const made: OutgoingCall = {
      service: "s",
      method,
      args: [],
      deadline: 1000,
      timeoutMs: 1000,
      idempotent: true,
      signal,
    };
    const answer = intercept(made, async (passed) => {
      reached.push(passed);
      return { value: "answer" };
    });
    answer.then(
      ({ value }) => ends.push(value),
      (error) => ends.push(error),
    );
    await tick();
    return made;
  };
  const passed = async (ms: number) => {
    clock.advance(ms);
    await tick();
  };
  const listeners = () => getEventListeners(abort.signal, "abort").length;
  return { clock, abort, call, passed, reached, ends, listeners };
}

describe("an injected fault", () => {
  test("is what the plan says of the call and its number, from 1 on", async () => {
    const asked: unknown[] = [];
    const { call } = setUp(({ method }, n) => void asked.push([method, n]));
    await call("a");
    await call("b");

    expect(asked).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
  });

  test("is none where the plan says nothing: the call goes on as it is", async () => {
    const { call, reached, ends, clock } = setUp((_, n) => (n === 1 ? undefined : {}));
    const made = [await call(), await call()];

    expect([ends, clock.timers]).toEqual([["answer", "answer"], 0]);
    expect(reached.map((passed, i) => passed === made[i])).toEqual([true, true]);
  });

  test("throws its error instead of making the call, whatever the error is", async () => {
    const { call, reached, ends } = setUp((_, n) => ({ error: n === 1 ? boom : undefined }));
    await call();
    await call();

    expect([reached, ends]).toEqual([[], [boom, undefined]]);
  });

  test("delays the call for as long as it says", async () => {
    const { call, passed, reached, ends } = setUp(() => ({ delayMs: 50 }));
    await call();
    await passed(49);
    expect([reached.length, ends]).toEqual([0, []]);

    await passed(1);
    expect([reached.length, ends]).toEqual([1, ["answer"]]);
  });

  test("throws its error after its delay where it has both", async () => {
    const { call, passed, reached, ends } = setUp(() => ({ error: boom, delayMs: 50 }));
    await call();
    await passed(49);
    expect(ends).toEqual([]);

    await passed(1);
    expect([reached, ends]).toEqual([[], [boom]]);
  });

  test("ends its delay with the call's signal, and leaves no timer and no listener", async () => {
    const { abort, call, reached, ends, clock, listeners } = setUp(() => ({ delayMs: 50 }));
    await call();
    expect([clock.timers, listeners()]).toEqual([1, 1]);
    abort.abort(boom);
    await tick();

    expect([reached, ends, clock.timers, listeners()]).toEqual([[], [boom], 0, 0]);
  });

  test("is what the plan throws, if it throws", async () => {
    const { call, reached, ends } = setUp(() => {
      throw boom;
    });
    await call();

    expect([reached, ends]).toEqual([[], [boom]]);
  });
});
