import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../../test-support/manual-clock.ts";
import { SeededRandom } from "../host/seeded-random.ts";
import { retryCalls } from "./retry.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

/** A clock that moves on by itself when somebody waits, by a little more than they asked for. */
class WaitingClock extends ManualClock {
  readonly waits: { readonly at: number; readonly ms: number }[] = [];
  readonly #lateMs: number;

  constructor(lateMs: number) {
    super();
    this.#lateMs = lateMs;
  }

  override async sleep(delayMs: number): Promise<void> {
    this.waits.push({ at: this.monotonic(), ms: delayMs });
    this.advance(delayMs + this.#lateMs);
  }
}

const plans = fc.record({
  attempts: fc.integer({ min: 1, max: 8 }),
  backoff: fc.record({
    initialMs: fc.oneof(fc.constant(0), fc.double({ min: 0.1, max: 200, noNaN: true })),
    factor: fc.oneof(fc.constant(Number.MAX_VALUE), fc.double({ min: 1, max: 5, noNaN: true })),
    maxMs: fc.double({ min: 0, max: 1000, noNaN: true }),
    jitter: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  }),
  /** How long each attempt takes before it fails; what comes after the last one succeeds. */
  failures: fc.array(fc.nat(100), { maxLength: 10, size: "max" }),
  deadline: fc.nat(3000),
  lateMs: fc.constantFrom(0, 0.5, 30, 300),
  idempotent: fc.constantFrom(true, true, true, true, false),
  seed: fc.nat(),
});

/** One call, with when its attempts began and what came of it. */
async function runCall({ attempts, backoff, failures, deadline, lateMs, idempotent, seed }: PlanOf) {
  const clock = new WaitingClock(lateMs);
  const intercept = retryCalls({ attempts, backoff }, { clock, random: new SeededRandom(seed) });
  const { signal } = new AbortController();
  const begun: number[] = [];
  const call = { service: "s", method: "m", args: [], deadline, timeoutMs: deadline, idempotent, signal };
  const end: unknown = await intercept(call, async () => {
    const n = begun.push(clock.monotonic());
    const tookMs = failures[n - 1];
    if (tookMs === undefined) return { value: "answer" };
    clock.advance(tookMs);
    throw n;
  }).then(
    ({ value }) => value,
    (error) => error,
  );
  return { begun, waits: clock.waits, end, now: clock.monotonic() };
}

type PlanOf = typeof plans extends fc.Arbitrary<infer T> ? T : never;

describe("the attempts at a call, whatever the options and however long they take", () => {
  test("never begin, nor does a wait, at the deadline or past it", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { begun, waits } = await runCall(plan);

        for (const at of begun.slice(1)) expect(at).toBeLessThan(plan.deadline);
        for (const { at, ms } of waits) expect(at + ms).toBeLessThan(plan.deadline);
      }),
    );
  });

  test("follow each other after waits within the bounds of chance", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { waits } = await runCall(plan);
        const { initialMs, factor, maxMs, jitter } = plan.backoff;

        let growing = initialMs;
        for (const { ms } of waits) {
          const full = Math.min(maxMs, growing);
          expect(ms).toBeLessThanOrEqual(full * (1 + 1e-9));
          expect(ms).toBeGreaterThanOrEqual(full * (1 - jitter) * (1 - 1e-9));
          growing = Math.min(growing * factor, Number.MAX_VALUE);
        }
      }),
    );
  });

  test("are as many as it takes, unless the options or the time allow fewer, and the last one decides", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (plan) => {
        const { begun, waits, end, now } = await runCall(plan);
        const { attempts, failures, deadline, idempotent, backoff } = plan;
        const most = idempotent ? Math.min(attempts, failures.length + 1) : 1;
        const ranOut = now + backoff.maxMs >= deadline;

        expect(begun.length).toBeLessThanOrEqual(most);
        if (!ranOut) expect(begun.length).toBe(most);
        expect(waits.length - (begun.length - 1)).toBeLessThanOrEqual(ranOut ? 1 : 0);
        expect(end).toBe(begun.length > failures.length ? "answer" : begun.length);
      }),
    );
  });
});
