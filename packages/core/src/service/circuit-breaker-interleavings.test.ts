import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tick } from "../../test-support/fake-host.ts";
import { ManualClock } from "../../test-support/manual-clock.ts";
import { expectEnds, expectInOrder, PlannedCalls } from "../../test-support/planned-calls.ts";
import { SageError } from "../errors/sage-error.ts";
import type { CallResult } from "./call-interceptor.ts";
import { CircuitBreaker, type CircuitChange, type CircuitState } from "./circuit-breaker.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 2000 : 100 });

const pauseMs = 10;
const boom = new Error("boom");
const cancelled = new SageError("SERVICE_CANCELLED", { service: "s", method: "m" });

type Meaning = "success" | "failure" | "nothing";

/** What a breaker should do, told of what its calls do. */
class Model {
  readonly surprises: string[] = [];
  readonly #limit: number;
  state: CircuitState = "closed";
  changes = 0;
  failures = 0;
  /** The change that must come next, before anything else. */
  due: CircuitState | undefined;
  #openedAt = 0;
  #probes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  begun(id: number): void {
    if (this.state === "half-open") this.#probes++;
    if (this.state === "open" || this.#probes > 1)
      this.surprises.push(`call ${id} began while ${this.state}`);
  }

  ended(changes: number, meaning: Meaning): void {
    if (changes !== this.changes || this.due !== undefined) return;
    this.#probes = 0;
    if (meaning === "nothing") return;
    this.failures = meaning === "success" ? 0 : this.failures + 1;
    if (this.state === "half-open") this.due = meaning === "success" ? "closed" : "open";
    else if (this.failures >= this.#limit) this.due = "open";
  }

  changed({ from, to, failures }: CircuitChange, now: number): void {
    const due = this.state === "open" ? this.stateAt(now) : this.due;
    if (from !== this.state || to !== due || failures !== this.failures)
      this.surprises.push(
        `${from} > ${to} (${failures}) instead of ${this.state} > ${due} (${this.failures})`,
      );
    this.state = to;
    this.changes++;
    this.due = undefined;
    this.#probes = 0;
    if (to === "open") this.#openedAt = now;
  }

  stateAt(now: number): CircuitState {
    return this.state === "open" && now >= this.#openedAt + pauseMs ? "half-open" : this.state;
  }

  /** Whether the next call begins at once. */
  admits(now: number): boolean {
    const state = this.stateAt(now);
    return state === "closed" || (state === "half-open" && this.#probes === 0);
  }
}

/** A breaker with calls that begin, end and are cancelled, and a clock that moves, when the plan says so. */
function createRun(failures: number, overflow: "wait" | "reject") {
  const clock = new ManualClock();
  const model = new Model(failures);
  const onChange = (change: CircuitChange) => model.changed(change, clock.monotonic());
  const breaker = new CircuitBreaker({ failures, pauseMs, overflow, onChange }, { clock });
  const calls = new PlannedCalls<readonly [unknown, Meaning]>(overflow);
  const { begun, flying } = calls;

  const next = (id: number) => {
    begun.push(id);
    model.begun(id);
    const { changes } = model;
    const answer = new Promise<readonly [unknown, Meaning]>((resolve) => {
      flying.set(id, resolve);
    });
    return answer.then(([end, meaning]): CallResult => {
      model.ended(changes, meaning);
      if (meaning === "success") return { value: end };
      throw end;
    });
  };
  const endCall = (n: number, end: unknown, meaning: Meaning) =>
    calls.end(calls.pick(n), [end, meaning], end);
  const actions: Record<string, (n: number) => void> = {
    call: () => {
      const admitted = model.admits(clock.monotonic());
      const id = calls.call((call, id) => breaker.intercept(call, () => next(id)));
      if (begun.includes(id) !== admitted) model.surprises.push(`call ${id} ${admitted ? "held" : "let go"}`);
    },
    succeed: (n) => endCall(n, n, "success"),
    fail: (n) => endCall(n, boom, "failure"),
    lapse: (n) => endCall(n, cancelled, "nothing"),
    cancel: (n) => calls.cancel(n, (reason) => [reason, "nothing"]),
    pass: (n) => clock.advance((n % pauseMs) + 1),
  };
  const check = () => {
    const { waiting } = calls;
    expect([model.surprises, model.due]).toEqual([[], undefined]);
    expect([breaker.waiting, breaker.failures]).toEqual([waiting.length, model.failures]);
    expect(breaker.state).toBe(model.stateAt(clock.monotonic()));
    if (overflow === "reject" || model.admits(clock.monotonic())) expect(waiting).toEqual([]);
    expect(clock.timers).toBe(model.state === "open" && waiting.length > 0 ? 1 : 0);
    expectInOrder(calls, (signal) => getEventListeners(signal, "abort").length);
  };
  /** Ends everything, whatever state it takes. */
  const finish = async (meanings: readonly string[]) => {
    for (let turn = 0; flying.size > 0 || breaker.waiting > 0; turn++) {
      expect(turn).toBeLessThan(1000);
      if (flying.size > 0) actions[meanings[turn] ?? "succeed"]?.(turn);
      else clock.advance(pauseMs);
      await tick();
      check();
    }
  };
  return { actions, check, finish, calls, clock, breaker };
}

const ends = fc.constantFrom("succeed", "fail", "fail", "fail", "lapse");
const plans = fc.array(
  fc.tuple(
    fc.oneof(fc.constantFrom("call", "call", "call", "call", "cancel", "pass", "pass"), ends),
    fc.nat(),
    fc.boolean(),
  ),
  { maxLength: 60, size: "max" },
);

describe("a breaker, whatever begins, ends, is cancelled and how much time passes when", () => {
  test.each(["wait", "reject"] as const)(
    "changes when it must, has one probe at a time, keeps the order, and ends each call once (%s)",
    async (overflow) => {
      await fc.assert(
        fc.asyncProperty(
          plans,
          fc.integer({ min: 1, max: 3 }),
          fc.array(ends, { maxLength: 10, size: "max" }),
          async (plan, failures, last) => {
            const { actions, check, finish, calls, clock, breaker } = createRun(failures, overflow);
            for (const [action, n, settled] of plan) {
              actions[action]?.(n);
              if (!settled) continue;
              await tick();
              check();
            }
            await tick();
            await finish(last);
            check();

            expect([breaker.waiting, clock.timers]).toEqual([0, 0]);
            const refused = expect.objectContaining({ code: "CIRCUIT_OPEN" });
            expectEnds(calls, refused);
          },
        ),
      );
    },
  );
});
