import { describe, expect, it } from "vitest";
import { FakeClock } from "../clock/fake-clock.ts";
import { SimScheduler } from "./sim-scheduler.ts";

async function orderOf(seed: number): Promise<number[]> {
  const clock = new FakeClock();
  const scheduler = new SimScheduler(seed, clock);
  const order: number[] = [];
  await scheduler.run(async () => {
    await new Promise<void>((resolve) => {
      for (let i = 0; i < 10; i++) {
        scheduler.spawn(`step ${i}`, () => {
          order.push(i);
          if (order.length === 10) resolve();
        });
      }
    });
  });
  return order;
}

describe("a simulated scheduler", () => {
  it("orders ready steps by its seed: the same seed, the same order", async () => {
    expect(await orderOf(7)).toEqual(await orderOf(7));
    expect(new Set([await orderOf(1), await orderOf(2), await orderOf(3)].map(String)).size).toBeGreaterThan(
      1,
    );
    expect([...(await orderOf(4))].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("moves time to the next timer when nothing else can run", async () => {
    const clock = new FakeClock();
    const scheduler = new SimScheduler(1, clock);

    await scheduler.run(() => clock.sleep(86_400_000));

    expect(clock.monotonic()).toBe(86_400_000);
  });

  it("returns what main returns and throws what it throws", async () => {
    const scheduler = new SimScheduler(1, new FakeClock());

    expect(await scheduler.run(async () => 42)).toBe(42);
    await expect(scheduler.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  it("says so when nothing can run any more", async () => {
    const scheduler = new SimScheduler(1, new FakeClock());

    await expect(scheduler.run(() => new Promise(() => undefined))).rejects.toThrow("deadlock");
  });

  it("gives up on a run that never ends", async () => {
    const scheduler = new SimScheduler(1, new FakeClock());
    const endless = { run: () => scheduler.post(endless) };
    scheduler.post(endless);

    await expect(scheduler.run(() => new Promise(() => undefined), 100)).rejects.toThrow("within 100 steps");
  });
});
