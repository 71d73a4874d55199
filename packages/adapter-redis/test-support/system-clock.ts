import type { Clock } from "@sage-kernel/core/spi";

/** The machine's clock, for what waits for a real server. */
export const systemClock: Pick<Clock, "monotonic" | "setTimer"> = {
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return { clear: () => clearTimeout(timer) };
  },
};
