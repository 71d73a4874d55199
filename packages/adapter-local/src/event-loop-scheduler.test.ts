import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { EventLoopScheduler } from "./event-loop-scheduler.ts";

describe("the event-loop scheduler", () => {
  it("runs steps in the order of posting, and never inside post", async () => {
    const scheduler = new EventLoopScheduler();
    const order: number[] = [];
    for (let i = 0; i < 5000; i++) scheduler.post({ run: () => void order.push(i) });
    expect(order).toEqual([]);

    while (order.length < 5000) await turn();

    expect(order).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  });

  it("lets timers fire while steps post further steps without end", async () => {
    const scheduler = new EventLoopScheduler();
    let stopped = false;
    let steps = 0;
    const endless = {
      run: (): void => {
        steps++;
        if (!stopped) scheduler.post(endless);
      },
    };
    scheduler.post(endless);

    let ticks = 0;
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        if (++ticks < 5) return;
        clearInterval(timer);
        resolve();
      }, 1);
    });
    stopped = true;

    expect(steps).toBeGreaterThan(1000);
  });

  it("yields to the event loop", async () => {
    let turned = false;
    setImmediate(() => {
      turned = true;
    });

    await new EventLoopScheduler().yield();

    expect(turned).toBe(true);
  });
});
