import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PendingCall, PendingCalls } from "./pending-calls.ts";

fc.configureGlobal({ numRuns: process.env.SAGE_DEEP === "1" ? 1000 : 100 });

interface Call extends PendingCall {
  readonly group: number;
}

const call = (deadline: number, group = 0): Call => ({ id: -1, settled: false, deadline, group });

const plans = fc.array(
  fc.tuple(
    fc.constantFrom("open", "open", "open", "settle", "settle", "again", "expire", "drain"),
    fc.nat(1000),
    fc.integer({ min: 0, max: 50 }),
  ),
  { maxLength: 80, size: "max" },
);

describe("the pending calls of a caller", () => {
  test("each leave once, the earliest deadline first and the oldest first, whatever happens when", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const calls = new PendingCalls<Call>();
        const open: Call[] = [];
        const left: Call[] = [];
        let now = 0;
        const leave = (gone: Call) => {
          expect([open.includes(gone), gone.settled]).toEqual([true, true]);
          open.splice(open.indexOf(gone), 1);
          left.push(gone);
        };
        const due = () => Math.min(...open.map(({ deadline }) => deadline));
        for (const [action, n, ms] of plan) {
          if (action === "open") {
            const opened = call(now + ms, n % 3);
            calls.open(opened);
            expect(opened.id).toBe(open.length + left.length);
            open.push(opened);
          } else if (action === "settle" && open.length > 0) {
            const chosen = open[n % open.length] as Call;
            expect(calls.settle(chosen.id)).toBe(chosen);
            leave(chosen);
          } else if (action === "again" && left.length > 0) {
            const { id } = left[n % left.length] as Call;
            expect([calls.settle(id), calls.strayKind(id)]).toEqual([undefined, "late"]);
          } else if (action === "expire") {
            now += ms;
            for (let gone = calls.expire(now); gone !== undefined; gone = calls.expire(now)) {
              expect(gone.deadline).toBe(due());
              leave(gone);
            }
            expect(open.filter(({ deadline }) => deadline <= now)).toEqual([]);
          } else if (action === "drain") {
            const expected = open.filter(({ group }) => group === n % 3).sort((a, b) => a.id - b.id);
            const drained = calls.drain(({ group }) => group === n % 3);
            expect(drained).toEqual(expected);
            for (const gone of drained) leave(gone);
          }
          expect(calls.size).toBe(open.length);
          expect(calls.nextDeadline).toBe(open.length === 0 ? undefined : due());
          expect(open.some(({ settled }) => settled)).toBe(false);
        }
        expect(new Set(left).size).toBe(left.length);
      }),
    );
  });

  test("end one whose deadline is now, and none whose deadline is to come", () => {
    const calls = new PendingCalls<Call>();
    for (const deadline of [11, 10]) calls.open(call(deadline));

    expect([calls.expire(9)?.deadline, calls.expire(10)?.deadline, calls.expire(10)]).toEqual([
      undefined,
      10,
      undefined,
    ]);
    expect([calls.size, calls.nextDeadline]).toEqual([1, 11]);
  });

  test.each<[unknown, "late" | "unknown"]>([
    [0, "late"],
    [1, "late"],
    [2, "unknown"],
    [-1, "unknown"],
    [0.5, "unknown"],
    [Number.NaN, "unknown"],
    ["0", "unknown"],
    [undefined, "unknown"],
    [null, "unknown"],
    [0n, "unknown"],
    [{ valueOf: () => 0 }, "unknown"],
  ])("that are two, and have ended, take a reply to %s for %s", (id, kind) => {
    const calls = new PendingCalls<Call>();
    for (const deadline of [1, 2]) calls.open(call(deadline));
    calls.drain(() => true);

    expect([calls.settle(id as number), calls.strayKind(id)]).toEqual([undefined, kind]);
  });

  test("never give an id twice", () => {
    const calls = new PendingCalls<Call>();
    const ids = Array.from({ length: 100 }, () => {
      const opened = call(0);
      calls.open(opened);
      calls.settle(opened.id);
      return opened.id;
    });

    expect(new Set(ids).size).toBe(100);
  });
});
