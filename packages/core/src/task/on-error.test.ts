import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SeededRandom } from "../host/seeded-random.ts";
import { backoffMs, faultRules, type OnError, problemOf } from "./on-error.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const waits = (onError: OnError, count: number) =>
  Array.from({ length: count }, (_, i) => backoffMs(faultRules(onError), i + 1, new SeededRandom(7)));

describe("the wait before another attempt", () => {
  test("grows by the factor, from the initial wait to the longest", () => {
    const retry = { attempts: 9, initialMs: 10, factor: 3, maxMs: 200 };

    expect(waits({ retry }, 5)).toEqual([10, 30, 90, 200, 200]);
  });

  test("doubles from 100 ms to 30 s where the policy does not say", () => {
    expect(waits({ retry: 20 }, 11)).toEqual([
      100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000,
    ]);
  });

  test("stays 0 where it begins with 0, however many attempts there were", () => {
    const rules = faultRules({ retry: { attempts: 5000, initialMs: 0 } });

    expect(backoffMs(rules, 4000, new SeededRandom(7))).toBe(0);
  });

  test("is the default also where an option is there and undefined", () => {
    const retry = {
      attempts: 3,
      initialMs: undefined,
      factor: undefined,
      maxMs: undefined,
      jitter: undefined,
    };

    expect(faultRules({ retry: retry as never })).toEqual(faultRules({ retry: 3 }));
  });

  test("with jitter loses at most that share, and never gains", () => {
    const options = fc.record({
      attempts: fc.constant(50),
      initialMs: fc.integer({ min: 0, max: 10_000 }),
      factor: fc.double({ min: 1, max: 5, noNaN: true }),
      maxMs: fc.integer({ min: 0, max: 60_000 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 50 }), fc.nat(), (retry, attempt, seed) => {
        const full = backoffMs(
          faultRules({ retry: { ...retry, jitter: 0 } }),
          attempt,
          new SeededRandom(seed),
        );
        const wait = backoffMs(faultRules({ retry }), attempt, new SeededRandom(seed));

        expect(full).toBe(Math.min(retry.maxMs, retry.initialMs * retry.factor ** (attempt - 1)));
        expect(wait).toBeLessThanOrEqual(full);
        expect(wait).toBeGreaterThanOrEqual(full * (1 - retry.jitter) * (1 - 1e-12));
      }),
    );
  });
});

describe("a policy", () => {
  test.each<[OnError, object]>([
    ["skip", { attempts: 1, onExhausted: "skip" }],
    [{ retry: 4 }, { attempts: 4, onExhausted: "fail", restarts: 0 }],
    ["restart", { attempts: 1, restarts: 3, onExhausted: "deadLetter" }],
    [{ restarts: 5 }, { attempts: 1, restarts: 5, onExhausted: "deadLetter" }],
    [
      { restarts: 1, retry: { attempts: 2, initialMs: 7 }, onExhausted: "skip" },
      { attempts: 2, initialMs: 7, restarts: 1, onExhausted: "skip" },
    ],
    [
      { retry: 4, onExhausted: "deadLetter" },
      { attempts: 4, onExhausted: "deadLetter" },
    ],
  ])("%j is filled in", (onError, rules) => {
    expect(faultRules(onError)).toMatchObject(rules);
    expect(problemOf(onError)).toBeUndefined();
  });

  test.each<[unknown, string]>([
    ["ignore", "is none of the policies"],
    [null, "is none of the policies"],
    [{}, "is none of the policies"],
    [{ retry: 2, onExhausted: "retry" }, "has no such final policy"],
    [{ restarts: 2, onExhausted: "restart" }, "has no such final policy"],
    [{ restarts: 0 }, "has no whole number of restarts"],
    [{ restarts: "2" }, "has no whole number of restarts"],
    [{ restarts: 2, retry: 0 }, "has no whole number of attempts"],
    [{ restarts: 2, after: 1 }, 'has an unknown option "after"'],
    [{ retry: { attempts: 2, delay: 1 } }, 'has an unknown option "delay"'],
    [{ retry: "2" }, "has no number of attempts"],
    [{ retry: null }, "has no number of attempts"],
    [{ retry: 0 }, "has no whole number of attempts"],
    [{ retry: 1.5 }, "has no whole number of attempts"],
    [{ retry: {} }, "has no whole number of attempts"],
    [{ retry: { attempts: 2, initialMs: -1 } }, "has a wait that is no number of ms"],
    [{ retry: { attempts: 2, maxMs: NaN } }, "has a wait that is no number of ms"],
    [{ retry: { attempts: 2, factor: 0.5 } }, "has a factor below 1"],
    [{ retry: { attempts: 2, jitter: 1.1 } }, "has a jitter outside 0 to 1"],
    [{ retry: { attempts: 2, retryable: true } }, "has a retryable that is no function"],
  ])("%j is refused in words", (onError, problem) => {
    expect(problemOf(onError)).toBe(problem);
  });
});
