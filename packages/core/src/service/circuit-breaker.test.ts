import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { ManualClock } from "../../test-support/manual-clock.ts";
import { SageError } from "../errors/sage-error.ts";
import type { CallResult, OutgoingCall } from "./call-interceptor.ts";
import { CircuitBreaker, type CircuitBreakerOptions } from "./circuit-breaker.ts";

const boom = new Error("boom");
const usage = new SageError("SERVICE_NOT_FOUND", { service: "s", known: [] });
const cancelled = new SageError("SERVICE_CANCELLED", { service: "s", method: "m" });

/** Calls through a breaker that opens after two failures for 100 ms: which have begun, and how each ended. */
function setUp(options: CircuitBreakerOptions = {}) {
  const clock = new ManualClock();
  const changes: string[] = [];
  const onChange: CircuitBreakerOptions["onChange"] = ({ from, to, failures }) =>
    void changes.push(`${from} > ${to} (${failures})`);
  const breaker = new CircuitBreaker({ failures: 2, pauseMs: 100, onChange, ...options }, { clock });
  const begun: string[] = [];
  const ends: Record<string, unknown> = {};
  const gates = new Map<string, { ok(): void; fail(error: unknown): void }>();
  const aborts = new Map<string, AbortController>();
  const start = (name: string, abort = new AbortController(), onBegin?: () => void) => {
    aborts.set(name, abort);
    const facts = { args: [], deadline: 1000, timeoutMs: 1000, idempotent: false };
    const next = ({ method }: OutgoingCall) =>
      new Promise<CallResult>((resolve, fail) => {
        begun.push(method);
        gates.set(method, { ok: () => resolve({ value: `ok ${method}` }), fail });
        onBegin?.();
      });
    breaker.intercept({ ...facts, service: "s", method: name, signal: abort.signal }, next).then(
      ({ value }) => (ends[name] = value),
      (error) => (ends[name] = error),
    );
  };
  const call = async (...names: string[]) => {
    for (const name of names) start(name);
    await tick();
  };
  const succeed = async (name: string) => {
    gates.get(name)?.ok();
    await tick();
  };
  const fail = async (name: string, error: unknown = boom) => {
    gates.get(name)?.fail(error);
    await tick();
  };
  const cancel = async (name: string, reason: unknown = boom) => {
    aborts.get(name)?.abort(reason);
    await tick();
  };
  const passed = async (ms: number) => {
    clock.advance(ms);
    await tick();
  };
  /** Opens it with two failures, of calls `x` and `y`. */
  const open = async () => {
    await call("x", "y");
    await fail("x");
    await fail("y");
    begun.length = 0;
  };
  const listeners = () =>
    [...aborts.values()].reduce((sum, { signal }) => sum + getEventListeners(signal, "abort").length, 0);
  return {
    breaker,
    clock,
    start,
    call,
    succeed,
    fail,
    cancel,
    passed,
    open,
    begun,
    ends,
    changes,
    listeners,
  };
}

describe("a closed breaker", () => {
  test("lets every call through, and opens after so many failures in a row", async () => {
    const { breaker, call, fail, begun, ends, changes } = setUp();
    await call("a", "b", "c");
    expect(begun).toEqual(["a", "b", "c"]);
    await fail("a");
    expect([breaker.state, breaker.failures]).toEqual(["closed", 1]);

    await fail("b");
    expect([breaker.state, breaker.failures]).toEqual(["open", 2]);
    expect([ends, changes]).toEqual([{ a: boom, b: boom }, ["closed > open (2)"]]);
  });
});

describe("an open breaker", () => {
  test("makes calls wait with one timer, and after its pause lets the first one try", async () => {
    const { breaker, clock, open, call, passed, begun, changes } = setUp();
    await open();
    await passed(30);
    await call("a", "b");
    expect([begun, breaker.waiting, clock.timers]).toEqual([[], 2, 1]);
    await passed(69);
    expect([begun, breaker.state]).toEqual([[], "open"]);

    await passed(1);
    expect([begun, breaker.waiting, clock.timers]).toEqual([["a"], 1, 0]);
    expect(changes.at(-1)).toBe("open > half-open (2)");
  });

  test("sets no timer while nobody waits: the next call after its pause is the one that tries", async () => {
    const { breaker, clock, open, call, passed, begun, changes } = setUp();
    await open();
    expect(clock.timers).toBe(0);
    await passed(100);
    expect([breaker.state, changes.length]).toEqual(["half-open", 1]);

    await call("a");
    expect([begun, changes.at(-1), clock.timers]).toEqual([["a"], "open > half-open (2)", 0]);
  });

  test("lets a call leave the line with its signal, and clears its timer with the last one", async () => {
    const { clock, open, call, cancel, passed, begun, ends, listeners } = setUp();
    await open();
    await call("a", "b");
    await cancel("a");
    expect([ends.a, clock.timers, listeners()]).toEqual([boom, 1, 1]);
    await cancel("b", cancelled);
    expect([ends.b, clock.timers, listeners()]).toEqual([cancelled, 0, 0]);

    await passed(1000);
    expect(begun).toEqual([]);
  });

  test("refuses calls, where they do not wait, with the time until the next attempt", async () => {
    const { clock, open, call, passed, begun, ends } = setUp({ overflow: "reject" });
    const refusal = (retryInMs: number) => ({
      code: "CIRCUIT_OPEN",
      kind: "unavailable",
      details: { service: "s", failures: 2, retryInMs },
    });
    await open();
    await passed(30);
    await call("a");
    expect([ends.a, clock.timers]).toEqual([expect.objectContaining(refusal(70)), 0]);

    await passed(80);
    await call("b", "c");
    expect([begun, ends.c]).toEqual([["b"], expect.objectContaining(refusal(0))]);
  });

  test("learns nothing from calls that began before", async () => {
    const { breaker, open, call, succeed, fail, passed, changes } = setUp();
    await call("late", "later");
    await open();
    await succeed("late");
    expect([breaker.state, breaker.failures]).toEqual(["open", 2]);
    await passed(100);
    await call("a");
    await fail("later");

    expect([breaker.state, breaker.failures, changes.length]).toEqual(["half-open", 2, 2]);
  });

  test("lets a late timer's first waiter try before a newcomer", async () => {
    const { breaker, clock, open, call, begun } = setUp();
    await open();
    await call("a");
    clock.monotonic = () => 100; // the timer is due and has not fired
    await call("b");

    expect([begun, breaker.waiting, clock.timers]).toEqual([["a"], 1, 0]);
  });
});

describe("a half-open breaker", () => {
  test("closes when its probe succeeds, and lets all go that wait, in their order", async () => {
    const { breaker, open, call, succeed, passed, begun, changes, listeners } = setUp();
    await open();
    await call("a", "b", "c");
    await passed(100);
    await call("d");
    expect([begun, breaker.waiting]).toEqual([["a"], 3]);

    await succeed("a");
    expect([begun, breaker.state, breaker.failures]).toEqual([["a", "b", "c", "d"], "closed", 0]);
    expect([changes.at(-1), listeners()]).toEqual(["half-open > closed (0)", 0]);
  });

  test("opens for another pause when its probe fails, and then lets the next one try", async () => {
    const { breaker, clock, open, call, fail, passed, begun, ends, changes } = setUp();
    await open();
    await call("a", "b", "c");
    await passed(130);
    await fail("a");
    expect([breaker.state, breaker.failures, ends.a]).toEqual(["open", 3, boom]);
    expect([changes.at(-1), clock.timers]).toEqual(["half-open > open (3)", 1]);
    await passed(99);
    expect(begun).toEqual(["a"]);

    await passed(1);
    expect([begun, breaker.waiting]).toEqual([["a", "b"], 1]);
  });

  test.each([
    ["was cancelled", cancelled],
    ["was used wrongly", usage],
  ])("lets the next one try when its probe %s", async (_, error) => {
    const { breaker, open, call, fail, passed, begun } = setUp();
    await open();
    await call("a", "b", "c");
    await passed(100);
    await fail("a", error);
    expect([begun, breaker.state, breaker.failures]).toEqual([["a", "b"], "half-open", 2]);

    await fail("b", error);
    await fail("c", error);
    await call("d");
    expect(begun).toEqual(["a", "b", "c", "d"]);
  });

  test("lets the next one try when its probe was cancelled for a reason of its caller's", async () => {
    const { breaker, open, call, cancel, fail, passed, begun } = setUp();
    await open();
    await call("a", "b");
    await passed(100);
    await cancel("a", boom);
    await fail("a", boom);

    expect([begun, breaker.state]).toEqual([["a", "b"], "half-open"]);
  });

  test("lets the next one try when nobody could say whether its probe failed", async () => {
    const counts = () => {
      if (breaker.state === "half-open") throw new Error("no idea");
      return true;
    };
    const { breaker, open, call, fail, passed, begun, ends } = setUp({ counts });
    await open();
    await call("a", "b");
    await passed(100);
    await fail("a");

    expect([ends.a, begun]).toEqual([new Error("no idea"), ["a", "b"]]);
  });

  test("lets nobody begin before those that wait, even as it closes", async () => {
    const { start, open, call, succeed, passed, begun } = setUp();
    await open();
    await call("a");
    start("b", new AbortController(), () => start("d"));
    await call("c");
    await passed(100);
    await succeed("a");

    expect(begun).toEqual(["a", "b", "c", "d"]);
  });

  test("does not let a call try whose signal has fired already", async () => {
    const { start, open, call, passed, begun, ends } = setUp();
    await open();
    await passed(100);
    const abort = new AbortController();
    abort.abort(boom);
    start("a", abort);
    await call("b");

    expect([begun, ends.a]).toEqual([["b"], boom]);
  });
});
