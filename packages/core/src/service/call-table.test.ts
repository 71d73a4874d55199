import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../../test-support/manual-clock.ts";
import { CallTable } from "./call-table.ts";
import type { PendingCall } from "./pending-calls.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 1000 : 100 });

interface Call extends PendingCall {
  readonly group: number;
}

/** A table on a clock that stands still, and when which call expired. */
function setUp(onExpired: (call: Call) => void = () => undefined) {
  const clock = new ManualClock();
  const expired: { readonly call: Call; readonly at: number; readonly size: number }[] = [];
  const waiting: (() => void)[] = [];
  // biome-ignore lint/suspicious/noThenProperty: stands for a promise that the test keeps
  const later = { then: (resolve: () => void) => void waiting.push(resolve) } as unknown as Promise<void>;
  /** The event loop has its turn. */
  const turn = () => {
    for (const go of waiting.splice(0)) go();
  };
  const table = new CallTable<Call>({ clock, scheduler: { yield: () => later } }, (call) => {
    expired.push({ call, at: clock.monotonic(), size: table.size });
    onExpired(call);
  });
  const open = (ms: number, group = 0): Call => {
    const call = { id: -1, settled: false, deadline: clock.monotonic() + ms, group };
    table.open(call);
    return call;
  };
  return { clock, table, open, expired, turn };
}

const plans = fc.array(
  fc.tuple(
    fc.constantFrom("open", "open", "open", "settle", "drain", "pass", "pass", "turn"),
    fc.nat(1000),
    fc.integer({ min: 0, max: 40 }),
  ),
  { maxLength: 80, size: "max" },
);

describe("a table of calls", () => {
  test("lets each call leave once, at its deadline at the latest, with at most one timer and none when it stays empty", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { clock, table, open, expired, turn } = setUp();
        const pending = new Set<Call>();
        let seen = 0;
        const leave = (call: Call) => {
          expect([pending.delete(call), call.settled]).toEqual([true, true]);
        };
        for (const [action, n, ms] of plan) {
          const all = [...pending];
          if (action === "open") pending.add(open(ms, n % 3));
          else if (action === "settle" && all.length > 0) {
            const chosen = all[n % all.length] as Call;
            expect([table.settle(chosen.id), table.settle(chosen.id)]).toEqual([chosen, undefined]);
            expect(table.strayKind(chosen.id)).toBe("late");
            leave(chosen);
          } else if (action === "drain") {
            const drained = table.drain(({ group }) => group === n % 3);
            expect(drained).toEqual(all.filter(({ group }) => group === n % 3));
            for (const call of drained) leave(call);
          } else if (action === "pass") {
            clock.advance(ms);
            const now = expired.slice(seen);
            seen = expired.length;
            for (const { call, at } of now) {
              expect(at).toBe(call.deadline);
              leave(call);
            }
            expect(now.map(({ at }) => at)).toEqual(now.map(({ at }) => at).sort((a, b) => a - b));
            expect([...pending].filter(({ deadline }) => deadline <= clock.monotonic())).toEqual([]);
          }
          expect(table.size).toBe(pending.size);
          if (action === "turn") turn();
          if (pending.size > 0) expect(clock.timers).toBe(1);
          else expect(clock.timers).toBeLessThanOrEqual(action === "turn" ? 0 : 1);
        }
        clock.advance(50);
        for (const { call } of expired.slice(seen)) leave(call);
        turn();
        expect([pending.size, table.size, clock.timers]).toEqual([0, 0, 0]);
      }),
    );
  });

  test("ends a call before one that was made earlier and waits longer", () => {
    const { clock, open, expired } = setUp();
    open(30);
    open(10);
    open(20);
    clock.advance(100);

    expect(expired.map(({ at }) => at)).toEqual([10, 20, 30]);
  });

  test("ends a call whose deadline has passed when it is opened", () => {
    const { clock, open, expired } = setUp();
    clock.advance(100);
    const call = open(-50);
    clock.advance(0);

    expect(expired).toEqual([{ call, at: 100, size: 0 }]);
  });

  test("tells of a call after that has left", () => {
    const { clock, table, open, expired } = setUp();
    const call = open(10);
    clock.advance(10);

    expect([expired[0]?.size, table.settle(call.id), table.strayKind(call.id)]).toEqual([
      0,
      undefined,
      "late",
    ]);
  });

  test("takes calls that are opened, ended and drained by who is told of an expired one", () => {
    const actions: (() => void)[] = [];
    const { clock, table, open, expired } = setUp(() => actions.shift()?.());
    for (const group of [0, 0, 1, 0]) open(10, group);
    const later = open(30);
    actions.push(
      () => open(5),
      () => table.drain(({ group }) => group === 1),
      () => table.settle(later.id),
    );
    clock.advance(12);
    expect(clock.timers).toBe(1);
    clock.advance(100);

    expect(expired.map(({ call, at }) => [call.group, at])).toEqual([
      [0, 10],
      [0, 10],
      [0, 10],
      [0, 15],
    ]);
    expect([table.size, clock.timers]).toEqual([0, 0]);
  });

  test("keeps its one timer when the call with the earliest deadline ends, and goes on with the next", () => {
    const { clock, table, open, expired } = setUp();
    const first = open(10);
    open(20);
    table.settle(first.id);
    clock.advance(15);
    expect([expired.length, clock.timers]).toEqual([0, 1]);

    clock.advance(5);
    expect([expired.length, clock.timers]).toEqual([1, 0]);
  });
});
