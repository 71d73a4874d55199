import { type Clock, sleepOn } from "@sage-kernel/core/spi";

/** Node's timers, for what runs outside of any runtime. */
export const nodeClock: Pick<Clock, "monotonic" | "setTimer" | "sleep"> = {
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { clear: () => clearTimeout(timer) };
  },
  sleep: (delayMs, signal) => sleepOn(nodeClock as Clock, delayMs, signal),
};
