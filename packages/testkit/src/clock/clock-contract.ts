import assert from "node:assert/strict";
import type { Contract, ContractCase } from "../contract/contract.ts";
import { assertNoListener, rejectionOf, started } from "../contract/probes.ts";
import type { ClockSubject } from "./clock-subject.ts";
import { clockTimerCases } from "./clock-timer-cases.ts";
import { settle } from "./fake-clock.ts";

const reason = new Error("enough");

/** Sleeping. */
const sleepCases: readonly ContractCase<ClockSubject>[] = [
  {
    id: "CLK-20",
    title: "a sleep ends after its time",
    async run({ clock, unitMs, advance }) {
      const from = clock.monotonic();
      const slept = started(() => clock.sleep(2 * unitMs).then(() => clock.monotonic() - from));
      await settle(); // a sleep that ends at once must not see the time that is moved next

      await advance(3 * unitMs);

      const elapsed = await slept;
      assert.ok(elapsed >= 2 * unitMs, `a sleep of ${2 * unitMs} ms ended after ${elapsed} ms`);
    },
  },
  {
    id: "CLK-21",
    title: "a sleep that is aborted, before it or during it, rejects with the signal's reason",
    async run({ clock, unitMs }) {
      const abort = new AbortController();
      const sleeping = started(() => clock.sleep(1000 * unitMs, abort.signal));
      abort.abort(reason);

      assert.equal(await rejectionOf(() => sleeping), reason);
      assert.equal(await rejectionOf(() => clock.sleep(1000 * unitMs, abort.signal)), reason);
      assert.equal(await rejectionOf(() => clock.sleep(0, abort.signal)), reason);
    },
  },
  {
    id: "CLK-22",
    title: "an aborted sleep leaves no timer",
    needs: ["pending"],
    async run({ clock, unitMs, pending = () => 0 }) {
      const abort = new AbortController();
      const before = pending();
      const sleeping = started(() => clock.sleep(1000 * unitMs, abort.signal));
      const during = pending();
      abort.abort(reason);
      const after = pending();

      assert.equal(await rejectionOf(() => sleeping), reason);
      assert.deepEqual([during - before, after - before], [1, 0]);
      await rejectionOf(() => clock.sleep(1000 * unitMs, abort.signal));
      assert.equal(pending(), before, "a sleep whose signal was aborted before leaves a timer");
    },
  },
  {
    id: "CLK-23",
    title: "a sleep leaves no listener on its signal, however it ends",
    async run({ clock, unitMs, advance }) {
      const abort = new AbortController();
      const slept = started(() => clock.sleep(unitMs, abort.signal));
      await advance(unitMs);
      await slept;
      assertNoListener(abort.signal, "a sleep that ended");

      const aborted = started(() => clock.sleep(1000 * unitMs, abort.signal));
      abort.abort(reason);
      await rejectionOf(() => aborted);
      assertNoListener(abort.signal, "an aborted sleep");
    },
  },
];

/** Telling the time. */
const timeCases: readonly ContractCase<ClockSubject>[] = [
  {
    id: "CLK-30",
    title: "monotonic time never goes back, and moves on by the time that goes by",
    async run({ clock, unitMs, advance }) {
      const start = clock.monotonic();
      let last = start;
      for (let n = 1; n <= 3; n++) {
        for (let look = 0; look < 1000; look++) {
          const now = clock.monotonic();
          assert.ok(now >= last, `monotonic time went from ${last} to ${now}`);
          last = now;
        }
        await advance(unitMs);
        const elapsed = clock.monotonic() - start;
        assert.ok(elapsed >= n * unitMs, `${elapsed} ms went by, not ${n * unitMs}`);
      }
    },
  },
  {
    id: "CLK-31",
    title: "the wall clock tells milliseconds since 1970",
    async run({ clock }) {
      const now = clock.now();

      assert.ok(now > Date.UTC(2001, 0) && now < Date.UTC(2200, 0), `${now} is no time in milliseconds`);
    },
  },
];

/** The promises of the `Clock` port. */
export const clockContract: Contract<ClockSubject> = {
  name: "Clock",
  cases: [...clockTimerCases, ...sleepCases, ...timeCases],
};
