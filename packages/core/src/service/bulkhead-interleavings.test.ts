import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { Bulkhead } from "./bulkhead.ts";
import type { CallResult } from "./call-interceptor.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const boom = new Error("boom");

/** A bulkhead with calls that begin, end and are cancelled when the plan says so. */
function createRun(limit: number, overflow: "wait" | "reject") {
  const bulkhead = new Bulkhead({ limit, overflow });
  const aborts: AbortController[] = [];
  const begun: number[] = [];
  /** What each call must end with, as far as that is decided, and what it ended with. */
  const due = new Map<number, unknown>();
  const ended = new Map<number, unknown[]>();
  const flying = new Map<number, (how: { value: unknown } | { error: unknown }) => void>();
  const endCall = (id: number, how: { value: unknown } | { error: unknown }) => {
    due.set(id, "error" in how ? how.error : how.value);
    flying.get(id)?.(how);
    flying.delete(id);
  };
  const next = (id: number) =>
    new Promise<CallResult>((resolve, reject) => {
      begun.push(id);
      expect(aborts[id]?.signal.aborted).toBe(false);
      flying.set(id, (how) => ("error" in how ? reject(how.error) : resolve(how)));
      expect(flying.size).toBeLessThanOrEqual(limit);
    });
  const pick = (n: number) => [...flying.keys()][n % flying.size];
  const actions: Record<string, (n: number) => void> = {
    call: () => {
      const id = aborts.push(new AbortController()) - 1;
      const { signal } = aborts[id] as AbortController;
      ended.set(id, []);
      const facts = { service: "s", method: "m", args: [], deadline: 0, timeoutMs: 0, idempotent: false };
      bulkhead
        .intercept({ ...facts, signal }, () => next(id))
        .then(
          ({ value }) => ended.get(id)?.push(value),
          (error) => ended.get(id)?.push(error),
        );
    },
    succeed: (n) => {
      const id = pick(n);
      if (id !== undefined) endCall(id, { value: id });
    },
    fail: (n) => {
      const id = pick(n);
      if (id !== undefined) endCall(id, { error: boom });
    },
    cancel: (n) => {
      const waits = (id: number) => overflow === "wait" && ended.get(id)?.length === 0 && !due.has(id);
      const open = [...ended.keys()].filter((id) => flying.has(id) || waits(id));
      const id = open[n % open.length];
      if (id === undefined) return;
      const reason = new Error("cancelled");
      aborts[id]?.abort(reason);
      endCall(id, { error: reason });
    },
  };
  const check = () => {
    const open = [...ended.keys()].filter((id) => ended.get(id)?.length === 0);
    const waiting = open.filter((id) => !flying.has(id));
    expect([bulkhead.inFlight, bulkhead.waiting]).toEqual([flying.size, waiting.length]);
    expect(bulkhead.waiting === 0 || bulkhead.inFlight === limit).toBe(true);
    expect(waiting.filter((id) => overflow === "reject" || begun.includes(id))).toEqual([]);
    expect(begun).toEqual([...new Set(begun)].sort((a, b) => a - b));
    expect(aborts.flatMap(({ signal }, id) => getEventListeners(signal, "abort").map(() => id))).toEqual(
      waiting,
    );
  };
  const finish = async () => {
    while (flying.size > 0) {
      actions.succeed?.(0);
      await tick();
      check();
    }
  };
  return { actions, check, finish, due, ended, bulkhead };
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
          const { actions, check, finish, due, ended, bulkhead } = createRun(limit, overflow);
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
          for (const [id, outcomes] of ended) expect(outcomes).toEqual([due.has(id) ? due.get(id) : full]);
        }),
      );
    },
  );
});
