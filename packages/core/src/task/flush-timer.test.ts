import { describe, expect, test } from "vitest";
import { ManualClock } from "../../test-support/manual-clock.ts";
import { FlushTimer } from "./flush-timer.ts";

function setUp(more: () => boolean = () => false) {
  const clock = new ManualClock();
  const due: number[] = [];
  const timer = new FlushTimer(clock, 5, () => {
    due.push(clock.monotonic());
    return more();
  });
  return { clock, due, timer };
}

describe("a flush timer", () => {
  test("calls back when a wait has lasted for its delay, once", () => {
    const { clock, due, timer } = setUp();
    timer.begin();
    clock.advance(100);

    expect([due, clock.timers]).toEqual([[5], 0]);
  });

  test("calls back again as long as the wait lasts and more may be done in it", () => {
    let left = 3;
    const { clock, due, timer } = setUp(() => --left > 0);
    timer.begin();
    clock.advance(100);

    expect([due, clock.timers]).toEqual([[5, 10, 15], 0]);
  });

  test("does not call back for waits that are shorter, however many, and sets one timer for them", () => {
    const { clock, due, timer } = setUp();
    for (let n = 0; n < 20; n++) {
      timer.begin();
      expect(clock.timers).toBe(1);
      clock.advance(3);
      timer.end();
    }
    clock.advance(100);

    expect([due, clock.timers]).toEqual([[], 0]);
  });

  test("counts a wait from its own beginning", () => {
    const { clock, due, timer } = setUp();
    timer.begin();
    clock.advance(3);
    timer.end();
    timer.begin();
    clock.advance(4);
    expect(due).toEqual([]);

    clock.advance(1);
    expect(due).toEqual([8]);
  });

  test("calls back no more when it is closed, by its callback too", () => {
    const { clock, due, timer } = setUp(() => {
      timer.close();
      return true;
    });
    timer.begin();
    clock.advance(20);
    timer.begin();
    timer.close();
    clock.advance(20);

    expect([due, clock.timers]).toEqual([[5], 0]);
  });
});
