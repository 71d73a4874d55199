import { describe, expect, it } from "vitest";
import { FakeClock } from "./fake-clock.ts";

describe("a fake clock", () => {
  it("stands still until it is advanced, and fires timers in the order of their times", async () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    clock.setTimer(20, () => void fired.push(`b@${clock.monotonic()}`));
    clock.setTimer(10, () => void fired.push(`a@${clock.monotonic()}`));
    clock.setTimer(20, () => void fired.push(`c@${clock.monotonic()}`));
    clock.setTimer(31, () => void fired.push("late"));
    expect(fired).toEqual([]);

    await clock.advance(30);

    expect(fired).toEqual(["a@10", "b@20", "c@20"]);
    expect(clock.monotonic()).toBe(30);
    expect(clock.pending).toBe(1);
    clock.fireNext();
  });

  it("wakes sleepers that go to sleep again within one advance", async () => {
    const clock = new FakeClock();
    const woken: number[] = [];
    const loop = (async () => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(10);
        woken.push(clock.monotonic());
      }
    })();

    await clock.advance(100);
    await loop;

    expect(woken).toEqual([10, 20, 30]);
  });

  it("rejects an aborted sleep and forgets its timer", async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const sleeping = clock.sleep(10, abort.signal);
    abort.abort(new Error("enough"));

    await expect(sleeping).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
  });

  it("lets the wall clock jump without touching monotonic time", () => {
    const clock = new FakeClock(1000);
    clock.jump(-500);

    expect(clock.now()).toBe(500);
    expect(clock.monotonic()).toBe(0);
  });

  it("warns when somebody sleeps and nobody advances", async () => {
    const clock = new FakeClock(0, 1);
    const warning = new Promise<Error>((resolve) => process.once("warning", resolve));
    const timer = clock.setTimer(10, () => undefined);

    expect((await warning).message).toContain("clock.advance(ms)");
    timer.clear();
  });
});
