import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { expectEnds, expectInOrder, PlannedCalls } from "../../test-support/planned-calls.ts";
import { Bulkhead } from "./bulkhead.ts";
import type { CallResult } from "./call-interceptor.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const boom = new Error("boom");

type End = { readonly value: unknown } | { readonly error: unknown };

/** A bulkhead with calls that begin, end and are cancelled when the plan says so. */
function createRun(limit: number, overflow: "wait" | "reject") {
  const bulkhead = new Bulkhead({ limit, overflow });
  const calls = new PlannedCalls<End>(overflow);
  const { aborts, begun, flying } = calls;
  const next = (id: number) =>
    new Promise<CallResult>((resolve, reject) => {
      begun.push(id);
      expect(aborts[id]?.signal.aborted).toBe(false);
      flying.set(id, (how) => ("error" in how ? reject(how.error) : resolve(how)));
      expect(flying.size).toBeLessThanOrEqual(limit);
    });
  const actions: Record<string, (n: number) => void> = {
    call: () => calls.call((call, id) => bulkhead.intercept(call, () => next(id))),
    succeed: (n) => calls.end(calls.pick(n), { value: n }, n),
    fail: (n) => calls.end(calls.pick(n), { error: boom }, boom),
    cancel: (n) => calls.cancel(n, (error) => ({ error })),
  };
  const check = () => {
    const { waiting } = calls;
    expect([bulkhead.inFlight, bulkhead.waiting]).toEqual([flying.size, waiting.length]);
    expect(bulkhead.waiting === 0 || bulkhead.inFlight === limit).toBe(true);
    expect(waiting.filter((id) => overflow === "reject" || begun.includes(id))).toEqual([]);
    expectInOrder(calls, (signal) => getEventListeners(signal, "abort").length);
  };
  const finish = async () => {
    while (flying.size > 0) {
      actions.succeed?.(0);
      await tick();
      check();
    }
  };
  return { actions, check, finish, calls, bulkhead };
}

const plans = fc.array(
  fc.tuple(
    fc.constantFrom("call", "call", "call", "succeed", "succeed", "fail", "cancel"),
    fc.nat(),
    fc.boolean(),
  ),
  { maxLength: 40, size: "max" },
);

describe("a bulkhead, whatever begins, ends and is cancelled when", () => {
  test.each(["wait", "reject"] as const)(
    "never exceeds its limit, keeps the order, uses each free place, and ends each call once (%s)",
    async (overflow) => {
      await fc.assert(
        fc.asyncProperty(plans, fc.integer({ min: 1, max: 3 }), async (plan, limit) => {
          const { actions, check, finish, calls, bulkhead } = createRun(limit, overflow);
          for (const [action, n, settled] of plan) {
            actions[action]?.(n);
            if (!settled) continue;
            await tick();
            check();
          }
          await tick();
          await finish();
          check();

          expect([bulkhead.inFlight, bulkhead.waiting]).toEqual([0, 0]);
          const full = expect.objectContaining({ code: "BULKHEAD_FULL" });
          expectEnds(calls, full);
        }),
      );
    },
  );
});
