import { type Clock, sleepOn, type Timer } from "@sage-kernel/core/spi";

/** What Node's timers can wait at most, some 25 days; longer waits are made of several. */
const longestTimeoutMs = 2 ** 31 - 1;

/** The clock of this machine. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    let timer: NodeJS.Timeout;
    const wait = (restMs: number): void => {
      if (restMs > longestTimeoutMs)
        timer = setTimeout(() => wait(restMs - longestTimeoutMs), longestTimeoutMs);
      else timer = setTimeout(callback, restMs);
    };
    // Node counts whole milliseconds from the last one that began, so its timers fire up to one too early.
    wait(delayMs > 0 ? Math.ceil(delayMs) + 1 : 0);
    return { clear: () => clearTimeout(timer) };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }
}
