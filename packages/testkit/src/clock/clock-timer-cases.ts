import assert from "node:assert/strict";
import type { ContractCase } from "../contract/contract.ts";
import type { ClockSubject } from "./clock-subject.ts";

/** Timers. */
export const clockTimerCases: readonly ContractCase<ClockSubject>[] = [
  {
    id: "CLK-01",
    title: "timers fire in the order of their times, whatever the order in which they were set",
    async run({ clock, unitMs, advance }) {
      const fired: number[] = [];
      const due: { readonly units: number; readonly from: number; readonly to: number }[] = [];
      for (const units of [3, 1, 4, 2]) {
        const from = clock.monotonic() + units * unitMs;
        clock.setTimer(units * unitMs, () => void fired.push(units));
        due.push({ units, from, to: clock.monotonic() + units * unitMs });
      }

      await advance(4 * unitMs);

      assert.equal(fired.length, 4);
      // A real process may be held up between two of the calls, which brings their times closer or swaps them.
      for (const a of due)
        for (const b of due)
          if (b.from - a.to > unitMs / 2)
            assert.ok(
              fired.indexOf(a.units) < fired.indexOf(b.units),
              `${a.units} before ${b.units}: ${fired}`,
            );
    },
  },
  {
    id: "CLK-02",
    title: "timers for the same time fire in the order in which they were set",
    async run({ clock, unitMs, advance }) {
      const fired: number[] = [];
      for (let n = 0; n < 20; n++) clock.setTimer(unitMs, () => void fired.push(n));

      await advance(unitMs);

      assert.deepEqual(
        fired,
        fired.map((_, n) => n),
      );
      assert.equal(fired.length, 20);
    },
  },
  {
    id: "CLK-03",
    title: "no timer fires before its time, and none inside the call that sets it",
    async run({ clock, unitMs, advance }) {
      const early: string[] = [];
      let inside = true;
      for (let n = 0; n < 40; n++) {
        const delayMs = (n * unitMs) / 8;
        const dueAt = clock.monotonic() + delayMs;
        clock.setTimer(delayMs, () => {
          if (inside) early.push(`${delayMs} ms: inside the call`);
          const now = clock.monotonic();
          if (now < dueAt) early.push(`${delayMs} ms: ${dueAt - now} ms too early`);
        });
      }
      inside = false;

      await advance(5 * unitMs);

      assert.deepEqual(early, []);
    },
  },
  {
    id: "CLK-04",
    title: "a timer fires once",
    async run({ clock, unitMs, advance }) {
      let fired = 0;
      clock.setTimer(unitMs, () => void fired++);
      clock.setTimer(0, () => void fired++);

      for (let n = 0; n < 3; n++) await advance(unitMs);

      assert.equal(fired, 2);
    },
  },
  {
    id: "CLK-05",
    title: "a timer that was cleared does not fire, even when it is cleared while others of its time fire",
    async run({ clock, unitMs, advance }) {
      const fired: string[] = [];
      const first = clock.setTimer(unitMs, () => void fired.push("cleared at once"));
      first.clear();
      clock.setTimer(unitMs, () => second.clear());
      const second = clock.setTimer(unitMs, () => void fired.push("cleared in time"));
      clock.setTimer(unitMs, () => void fired.push("kept"));

      await advance(unitMs);

      assert.deepEqual(fired, ["kept"]);
    },
  },
  {
    id: "CLK-06",
    title: "clearing a timer again, or after it has fired, has no effect on it or on others",
    async run({ clock, unitMs, advance }) {
      const fired: string[] = [];
      const gone = clock.setTimer(0, () => void fired.push("first"));
      await advance(1);
      // Set only now: a real clock may pass its time while the case waits for the first one.
      const cleared = clock.setTimer(unitMs, () => void fired.push("cleared"));
      for (let n = 0; n < 2; n++) {
        gone.clear();
        cleared.clear();
      }
      clock.setTimer(unitMs, () => void fired.push("other"));
      gone.clear();
      cleared.clear();

      await advance(2 * unitMs);

      assert.deepEqual(fired, ["first", "other"]);
    },
  },
  {
    id: "CLK-07",
    title: "timers of more than 2^31 ms, and for ever, do not fire at once",
    async run({ clock, unitMs, advance }) {
      let fired = 0;
      const delays = [2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, Number.POSITIVE_INFINITY];
      const timers = delays.map((ms) => clock.setTimer(ms, () => void fired++));

      await advance(2 * unitMs);
      for (const timer of timers) timer.clear();

      assert.equal(fired, 0);
    },
  },
  {
    id: "CLK-08",
    title: "a timer that is set by one that fires has the whole of its own delay",
    async run({ clock, unitMs, advance }) {
      const elapsed: number[] = [];
      const again = (): void => {
        const from = clock.monotonic();
        clock.setTimer(unitMs, () => {
          elapsed.push(clock.monotonic() - from);
          if (elapsed.length < 3) again();
        });
      };
      again();

      for (let n = 0; n < 4 && elapsed.length < 3; n++) await advance(2 * unitMs);

      assert.equal(elapsed.length, 3);
      for (const ms of elapsed) assert.ok(ms >= unitMs, `a timer of ${unitMs} ms fired after ${ms} ms`);
    },
  },
  {
    id: "CLK-09",
    title: "in virtual time a timer fires exactly at its time, and not before time is moved there",
    needs: ["virtual"],
    async run({ clock, unitMs, advance }) {
      const start = clock.monotonic();
      const fired: number[] = [];
      for (const units of [1, 2, 2.5])
        clock.setTimer(units * unitMs, () => void fired.push(clock.monotonic() - start));

      await advance(unitMs - 1);
      assert.deepEqual(fired, []);
      await advance(1);
      assert.deepEqual(fired, [unitMs]);
      await advance(10 * unitMs);

      assert.deepEqual(fired, [unitMs, 2 * unitMs, 2.5 * unitMs]);
      assert.equal(clock.monotonic() - start, 11 * unitMs);
    },
  },
];
