import { FakeClock } from "@sage-kernel/testkit";
import { expect, test } from "vitest";
import { type SignOfLife, Silence } from "./silence.ts";

const sign = (renewals: number, life = 0): SignOfLife => ["7", String(renewals), life];

/** Asks at these times, in ms; what each answer tells. */
async function asking(...asked: readonly (readonly [at: number, sign: SignOfLife])[]): Promise<boolean[]> {
  const clock = new FakeClock();
  const begun = clock.monotonic();
  const silence = new Silence(1000, clock);
  const dead: boolean[] = [];
  for (const [at, heard] of asked) {
    await clock.advance(at - (clock.monotonic() - begun));
    dead.push(silence.hears(heard));
  }
  return dead;
}

test("a holder is dead when it was silent for the lease, to somebody who has asked all the time", async () => {
  expect(await asking([0, sign(1)], [400, sign(1)], [800, sign(1)], [1000, sign(1)])).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

test("a sign of life counts from when it was heard", async () => {
  const heard = [
    [0, sign(1)],
    [400, sign(2)],
    [800, sign(2)],
    [1200, sign(2)],
    [1400, sign(2)],
  ] as const;
  expect(await asking(...heard)).toEqual([false, false, false, false, true]);
});

test("while nobody could ask, it may not have been able to say something either", async () => {
  expect(await asking([0, sign(1)], [2000, sign(1)], [2400, sign(1)])).toEqual([false, false, false]);
});

test("a server that was started again has heard nothing yet", async () => {
  expect(await asking([0, sign(1)], [500, sign(1)], [900, sign(1, 1)], [1300, sign(1, 1)])).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
