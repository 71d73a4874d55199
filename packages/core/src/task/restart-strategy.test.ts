import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ErrorCode, errorCatalog } from "../errors/catalog.ts";
import { SageError } from "../errors/sage-error.ts";
import type { Random } from "../host/random.port.ts";
import { SeededRandom } from "../host/seeded-random.ts";
import * as restart from "./restart-strategy.ts";
import { isRestartable, nonRestartableCodes, RestartPolicy, restartProblemOf } from "./restart-strategy.ts";

type Strategy = restart.RestartStrategy;

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

/** What a policy answers to failures at these times. */
const answers = (strategy: Strategy, times: readonly number[], seed = 7) => {
  const policy = new RestartPolicy(strategy, new SeededRandom(seed));
  return times.map((nowMs) => policy.failed(nowMs));
};

/** The same for a policy whose chance always draws a half, and how often it drew. */
const halfAnswers = (strategy: Strategy, times: readonly number[]) => {
  let draws = 0;
  const next = () => {
    draws++;
    return 0.5;
  };
  const policy = new RestartPolicy(strategy, { next } as Random);
  return { waits: times.map((nowMs) => policy.failed(nowMs)), draws };
};

/** Failures at the same moment. */
const atOnce = (count: number) => Array.from({ length: count }, () => 0);

/** The times of failures that follow each other after these gaps. */
const timesAfter = (gaps: readonly number[]) => {
  let nowMs = 0;
  return gaps.map((gap) => (nowMs += gap));
};

const none = undefined;

describe("a fixed delay", () => {
  test("allows its attempts, each after the same wait, and then none", () => {
    expect(answers({ kind: "fixedDelay", attempts: 2, delayMs: 50 }, [0, 60, 120])).toEqual([50, 50, none]);
  });

  test("is three attempts after 10 s each where the strategy does not say", () => {
    expect(answers({ kind: "fixedDelay" }, atOnce(4))).toEqual([10_000, 10_000, 10_000, none]);
  });

  test("does not forget used attempts, however long ago they were", () => {
    expect(answers({ kind: "fixedDelay", attempts: 1, delayMs: 0 }, [0, 1, 1e12])).toEqual([0, none, none]);
  });
});

describe("an exponential delay", () => {
  const even = { kind: "exponential", jitter: 0 } as const;

  test("doubles from 1 s to 60 s where the strategy does not say", () => {
    expect(answers(even, atOnce(8))).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  test("grows by its factor, from its initial to its longest wait", () => {
    const strategy = { ...even, factor: 3, maxMs: 200 };

    expect(answers({ ...strategy, initialMs: 10 }, atOnce(5))).toEqual([10, 30, 90, 200, 200]);
    expect(answers({ ...strategy, initialMs: 500 }, atOnce(2))).toEqual([200, 200]);
  });

  test("stays at the longest wait for thousands of failures, or at 0 when it starts there", () => {
    expect(new Set(answers(even, atOnce(3000)).slice(6))).toEqual(new Set([60_000]));
    expect(new Set(answers({ ...even, initialMs: 0 }, atOnce(3000)))).toEqual(new Set([0]));
  });

  test("starts over when resetAfterMs have passed since the previous failure, and not 1 ms before", () => {
    const strategy = { ...even, resetAfterMs: 100 };

    expect(answers(strategy, [0, 99, 198, 298, 397, 497])).toEqual([1000, 2000, 4000, 1000, 2000, 1000]);
  });

  test("starts over after 10 minutes where the strategy does not say", () => {
    expect(answers(even, timesAfter([0, 599_999, 600_000]))).toEqual([1000, 2000, 1000]);
  });

  test("gives up when its attempts are used, and has all of them again when it starts over", () => {
    const strategy = { ...even, attempts: 2, resetAfterMs: 100 };

    expect(answers(strategy, [0, 1, 2, 102, 103, 104])).toEqual([1000, 2000, none, 1000, 2000, none]);
  });

  test("also counts a failure that it refused as the previous one", () => {
    const strategy = { ...even, attempts: 1, resetAfterMs: 100 };

    expect(answers(strategy, [0, 60, 120, 219, 319])).toEqual([1000, none, none, none, 1000]);
  });

  test("loses the share of its wait that chance takes, up to a tenth where the strategy does not say", () => {
    expect(halfAnswers({ ...even, jitter: 0.5 }, atOnce(3)).waits).toEqual([750, 1500, 3000]);
    expect(halfAnswers({ kind: "exponential" }, atOnce(3)).waits).toEqual([950, 1900, 3800]);
  });

  test("draws once for each restart, not for a refusal, and never without jitter", () => {
    expect(halfAnswers({ kind: "exponential", attempts: 2 }, atOnce(5)).draws).toBe(2);
    expect(halfAnswers(even, atOnce(5)).draws).toBe(0);
  });

  const strategies = fc.record({
    kind: fc.constant("exponential" as const),
    initialMs: fc.integer({ min: 0, max: 10_000 }),
    maxMs: fc.integer({ min: 0, max: 60_000 }),
    factor: fc.double({ min: 1, max: 5, noNaN: true }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    resetAfterMs: fc.integer({ min: 1, max: 20 }),
  });
  const someGaps = fc.array(fc.integer({ min: 0, max: 22 }), { maxLength: 60 });

  test("is never above the longest wait, and never loses more than its jitter", () => {
    fc.assert(
      fc.property(strategies, someGaps, fc.nat(), (strategy, gaps, seed) => {
        const { initialMs, factor, maxMs, jitter, resetAfterMs } = strategy;

        answers(strategy, timesAfter(gaps), seed).forEach((wait, i) => {
          const resetAt = gaps.slice(1, i + 1).findLastIndex((gap) => gap >= resetAfterMs) + 1;
          const full = Math.min(maxMs, initialMs * factor ** (i - resetAt));
          expect(wait).toBeLessThanOrEqual(full);
          expect(wait).toBeGreaterThanOrEqual(full * (1 - jitter));
        });
      }),
    );
  });

  test("is the same for the same seed, and another for another", () => {
    fc.assert(
      fc.property(strategies, someGaps, fc.nat(), (strategy, gaps, seed) => {
        const times = timesAfter(gaps);

        expect(answers(strategy, times, seed)).toEqual(answers(strategy, times, seed));
      }),
    );
    expect(answers({ kind: "exponential" }, [0], 1)).not.toEqual(answers({ kind: "exponential" }, [0], 2));
  });
});

describe("a failure rate", () => {
  const rate = { kind: "failureRate", failures: 3, intervalMs: 100, delayMs: 5 } as const;

  test("allows as many failures within the interval as it says, and then none", () => {
    expect(answers(rate, [0, 1, 2, 3])).toEqual([5, 5, 5, none]);
  });

  test("is three failures in 5 minutes, 10 s each, where the strategy does not say", () => {
    expect(answers({ kind: "failureRate" }, [0, 1, 2, 300_000])).toEqual([10_000, 10_000, 10_000, none]);
    expect(answers({ kind: "failureRate" }, [0, 1, 2, 300_001])).toEqual([10_000, 10_000, 10_000, 10_000]);
  });

  test("counts a failure exactly intervalMs ago, and none that is older", () => {
    expect(answers(rate, [0, 50, 60, 100])).toEqual([5, 5, 5, none]);
    expect(answers(rate, [0, 50, 60, 101])).toEqual([5, 5, 5, 5]);
  });

  test("looks at a window that slides, and also counts the failures that it refused", () => {
    expect(answers(rate, [0, 50, 60, 101, 150, 202])).toEqual([5, 5, 5, 5, none, 5]);
    expect(answers(rate, [0, 5, 50, 90, 101, 151])).toEqual([5, 5, 5, none, none, 5]);
  });

  const strategies = fc.record({
    kind: fc.constant("failureRate" as const),
    failures: fc.integer({ min: 1, max: 5 }),
    intervalMs: fc.integer({ min: 1, max: 15 }),
  });
  const someTimes = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 60 }).map(timesAfter);

  test("never allows more restarts than failures in any window of the interval", () => {
    fc.assert(
      fc.property(strategies, someTimes, (strategy, times) => {
        const allowed = answers(strategy, times);
        const restarts = times.filter((_, i) => allowed[i] !== none);

        for (const from of restarts) {
          const window = restarts.filter((at) => at >= from && at <= from + strategy.intervalMs);
          expect(window.length).toBeLessThanOrEqual(strategy.failures);
        }
      }),
    );
  });

  test("allows a restart exactly when no more failures than it says are in the window before it", () => {
    fc.assert(
      fc.property(strategies, someTimes, (strategy, times) => {
        const { failures, intervalMs } = strategy;
        const recent = (now: number, i: number) =>
          times.slice(0, i + 1).filter((at) => now - at <= intervalMs).length;

        expect(answers(strategy, times)).toEqual(
          times.map((now, i) => (recent(now, i) <= failures ? 10_000 : none)),
        );
      }),
    );
  });
});

describe("a restart policy", () => {
  test("for no restart gives up at the first failure", () => {
    expect(answers("none", [0, 1e9])).toEqual([none, none]);
  });

  test("counts the restarts it allowed, and no refusals", () => {
    const policy = new RestartPolicy({ kind: "fixedDelay", attempts: 2 }, new SeededRandom(7));
    const counts = [0, 1, 2, 3].map((nowMs) => [policy.restarts, policy.failed(nowMs)][0]);

    expect([...counts, policy.restarts]).toEqual([0, 1, 2, 2, 2]);
  });

  test("goes on counting restarts when the waits start over", () => {
    const policy = new RestartPolicy({ kind: "exponential", resetAfterMs: 10 }, new SeededRandom(7));
    for (const nowMs of [0, 10, 20]) policy.failed(nowMs);

    expect(policy.restarts).toBe(3);
  });

  test("takes the defaults also where an option is there and undefined", () => {
    const strategy = { kind: "failureRate", failures: none, intervalMs: none, delayMs: none };

    expect(restartProblemOf(strategy)).toBeUndefined();
    expect(answers(strategy as never, atOnce(4))).toEqual([10_000, 10_000, 10_000, none]);
  });
});

describe("a restart strategy", () => {
  test.each<[Strategy, string]>([
    ["none", "no restart"],
    [{ kind: "fixedDelay" }, "fixed delay, 3 attempts"],
    [{ kind: "fixedDelay", attempts: 1, delayMs: 0 }, "fixed delay, 1 attempt"],
    [{ kind: "exponential" }, "exponential delay, no limit"],
    [{ kind: "exponential", attempts: 5, jitter: 1, resetAfterMs: 0.5 }, "exponential delay, 5 attempts"],
    [{ kind: "exponential", initialMs: 0, maxMs: 0, factor: 1, jitter: 0 }, "exponential delay, no limit"],
    [{ kind: "failureRate" }, "failure rate, 3 in 300000 ms"],
    [{ kind: "failureRate", failures: 1, intervalMs: 50, delayMs: 0 }, "failure rate, 1 in 50 ms"],
    [restart.defaultRestart, "exponential delay, 10 attempts"],
  ])("%j is accepted, is the same after a journey as JSON, and is described as: %s", (strategy, phrase) => {
    expect(restartProblemOf(strategy)).toBeUndefined();
    expect(JSON.parse(JSON.stringify(strategy))).toEqual(strategy);
    expect(new RestartPolicy(strategy, new SeededRandom(7)).describe()).toBe(phrase);
  });

  const wrong = (kind: string, option: string, ...values: unknown[]) =>
    values.map((value) => ({ kind, [option]: value }));

  test.each<[string, unknown[]]>([
    ["is none of the restart strategies", ["always", "fixedDelay", none, null, 3, [], { attempts: 3 }]],
    ["has an unknown kind", [{ kind: "none" }, { kind: "toString" }, { kind: 1 }]],
    ['has an unknown option "maxMs"', wrong("fixedDelay", "maxMs", 1)],
    ['has an unknown option "delayMs"', wrong("exponential", "delayMs", 1)],
    ['has an unknown option "toString"', wrong("failureRate", "toString", 1)],
    ["has no whole number of attempts", wrong("fixedDelay", "attempts", 0, -1, 1.5, "3", null)],
    ["has no whole number of attempts", wrong("exponential", "attempts", 0, Number.POSITIVE_INFINITY)],
    ["has no whole number of failures", wrong("failureRate", "failures", 0, 1.5)],
    ['has no number of ms in "delayMs"', wrong("fixedDelay", "delayMs", -1, "1s", Number.NaN)],
    ['has no number of ms in "delayMs"', wrong("failureRate", "delayMs", -1, null)],
    ['has no number of ms in "initialMs"', wrong("exponential", "initialMs", -1)],
    ['has no number of ms in "maxMs"', wrong("exponential", "maxMs", -1, Number.POSITIVE_INFINITY)],
    ["has no finite factor of at least 1", wrong("exponential", "factor", 0.9, Number.POSITIVE_INFINITY)],
    ["has a jitter outside 0 to 1", wrong("exponential", "jitter", 1.1, -0.1, Number.NaN)],
    ['has no number of ms above 0 in "resetAfterMs"', wrong("exponential", "resetAfterMs", 0, -1)],
    ['has no number of ms above 0 in "intervalMs"', wrong("failureRate", "intervalMs", 0, "5m")],
  ])("is refused because it %s: %j", (problem, strategies) => {
    expect(strategies.map(restartProblemOf)).toEqual(strategies.map(() => problem));
  });
});

describe("an error", () => {
  test("has no restart when its code is one of these, and may have one with any other", () => {
    const brand = Symbol.for("@sage-kernel/error");
    const refused = (Object.keys(errorCatalog) as ErrorCode[]).filter(
      (code) => !isRestartable(Object.assign(new Error(code), { [brand]: true, code })),
    );

    expect(refused.sort()).toEqual([...nonRestartableCodes].sort());
    expect(refused.join(" ")).toBe(
      "CANCELLED DEAD_LETTERS_FULL DESCRIPTOR_CONFLICT FENCED GRAPH_INVALID ILLEGAL_STATE INPUT_NOT_REPLAYABLE INVALID_DESCRIPTOR " +
        "INVALID_OPTION LEDGER_UNBALANCED LOOP_OVERFLOW PROTOCOL_VIOLATION QUEUE_CLOSED SOURCE_CONSUMED STORE_TORN " +
        "UNKNOWN_DESCRIPTOR_KIND",
    );
  });

  test("that is not the kernel's may have one", () => {
    const foreign = Object.assign(new Error("not ours"), { code: "CANCELLED" });

    expect([foreign, "CANCELLED", undefined, null].map(isRestartable)).toEqual([true, true, true, true]);
  });

  test("is judged by its own code and not by its cause", () => {
    const cause = new SageError("CANCELLED", { what: "Job" });
    const error = new SageError("OPERATOR_FAILED", { node: "a", phase: "open", reason: "?" }, { cause });

    expect([isRestartable(cause), isRestartable(error)]).toEqual([false, true]);
  });
});
