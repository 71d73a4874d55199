import { describe, expect, test } from "vitest";
import { failureOf } from "../../test-support/failure.ts";
import { ManualClock } from "../../test-support/manual-clock.ts";
import { SageError } from "../errors/sage-error.ts";
import { CircuitBreaker, type CircuitBreakerOptions, circuitBreakerProblemOf } from "./circuit-breaker.ts";

const facts = { service: "s", method: "m" };
const boom = new Error("boom");
const usage = new SageError("SERVICE_NOT_FOUND", { service: "s", known: [] });
const cancelled = new SageError("SERVICE_CANCELLED", facts);
const timeout = new SageError("SERVICE_TIMEOUT", { ...facts, timeoutMs: 1 });
const unavailable = new SageError("SERVICE_UNAVAILABLE", { ...facts, reason: "gone", maybeExecuted: true });

/** A breaker, and calls of it that end at once: well where there is no error. */
function setUp(options: CircuitBreakerOptions = { failures: 3 }) {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker(options, { clock });
  const call = async (error?: unknown, abort = new AbortController()) => {
    const made = { ...facts, args: [], deadline: 0, timeoutMs: 0, idempotent: false, signal: abort.signal };
    const end: unknown = await breaker
      .intercept(made, async () => {
        if (error === undefined) return { value: "answer" };
        throw error;
      })
      .then(
        ({ value }) => value,
        (thrown) => thrown,
      );
    return end;
  };
  return { breaker, clock, call };
}

describe("the failures of a breaker", () => {
  test("are counted while they follow each other, and open it", async () => {
    const { breaker, call } = setUp();
    for (const error of [boom, timeout]) await call(error);
    expect([breaker.failures, breaker.state]).toEqual([2, "closed"]);

    await call(unavailable);
    expect([breaker.failures, breaker.state]).toEqual([3, "open"]);
  });

  test("are forgotten after a success", async () => {
    const { breaker, call } = setUp();
    for (const error of [boom, boom]) await call(error);
    expect(await call()).toBe("answer");
    expect(breaker.failures).toBe(0);

    for (const error of [boom, boom]) await call(error);
    expect(breaker.state).toBe("closed");
  });

  test.each([
    ["wrong use", usage],
    ["a cancellation", cancelled],
    ["what the options do not count", new TypeError("no")],
  ])("neither include nor are forgotten after %s", async (_, error) => {
    const { breaker, call } = setUp({ failures: 3, counts: (each) => !(each instanceof TypeError) });
    for (const each of [boom, boom, error, error]) expect(await call(each)).toBe(each);
    expect([breaker.failures, breaker.state]).toEqual([2, "closed"]);

    await call(boom);
    expect(breaker.state).toBe("open");
  });

  test("do not include that a caller cancelled for a reason of its own", async () => {
    const { breaker, call } = setUp();
    const cancel = async (reason: unknown, error = reason) => {
      const abort = new AbortController();
      const end = call(error, abort);
      abort.abort(reason);
      expect(await end).toBe(error);
      return breaker.failures;
    };

    expect(await cancel(boom)).toBe(0);
    expect(await cancel(unavailable)).toBe(0);
    expect(await cancel(boom, unavailable)).toBe(1);
    expect(await cancel(timeout)).toBe(2);
  });

  test("are five, and the pause is 10 s, where the options do not say", async () => {
    const { breaker, clock, call } = setUp({});
    for (let i = 0; i < 4; i++) await call(boom);
    expect(breaker.state).toBe("closed");
    await call(boom);
    clock.advance(9_999);
    expect(breaker.state).toBe("open");

    clock.advance(1);
    expect(breaker.state).toBe("half-open");
  });
});

describe("the options of a breaker", () => {
  test("may all be left out, or be given", () => {
    const all = { failures: 1, pauseMs: 0.5, overflow: "reject", counts: () => true, onChange() {} };
    expect([circuitBreakerProblemOf({}), circuitBreakerProblemOf(all)]).toEqual([undefined, undefined]);
  });

  test.each([
    [null, "is no object"],
    [{ failures: 0 }, 'has no whole number in "failures"'],
    [{ failures: 2.5 }, 'has no whole number in "failures"'],
    [{ pauseMs: 0 }, 'has no number of ms above 0 in "pauseMs"'],
    [{ pauseMs: Number.POSITIVE_INFINITY }, 'has no number of ms above 0 in "pauseMs"'],
    [{ pauseMs: "1" }, 'has no number of ms above 0 in "pauseMs"'],
    [{ overflow: "drop" }, 'has no "wait" or "reject" in "overflow"'],
    [{ counts: [] }, 'has no function in "counts"'],
    [{ onChange: true }, 'has no function in "onChange"'],
    [{ threshold: 5 }, 'has an unknown option "threshold"'],
  ])("are refused as %j, with what is wrong", (options, problem) => {
    const create = () => new CircuitBreaker(options as CircuitBreakerOptions, { clock: new ManualClock() });

    expect(circuitBreakerProblemOf(options)).toBe(problem);
    expect(failureOf(create)).toMatchObject({
      code: "INVALID_OPTION",
      details: { path: "circuitBreaker", problem },
    });
  });
});
