import { type Clock, sleepOn, type Timer } from "@sage-kernel/core/spi";
import { type Mutant, mutantsOf } from "../contract/mutant.ts";
import { type ClockSubject, fakeClockBinding } from "./clock-subject.ts";

/** A clock of which a mutant replaces some members; unless its sleep is replaced, it uses the mutant's own timers. */
const clockMutant = mutantsOf(
  fakeClockBinding,
  (subject: ClockSubject, wrong: (right: Clock) => Partial<Clock>): ClockSubject => {
    const right = subject.clock;
    const clock: Clock = {
      now: () => right.now(),
      monotonic: () => right.monotonic(),
      setTimer: (delayMs, callback) => right.setTimer(delayMs, callback),
      sleep: (delayMs, signal) => sleepOn(clock, delayMs, signal),
      ...wrong(right),
    };
    return { ...subject, clock };
  },
);

const timerOf = (clear: () => void): Timer => ({ clear });

/** Minimal wrong clocks, each caught by the clock contract. */
export const clockMutants: readonly Mutant<ClockSubject>[] = [
  clockMutant("CLKM-01", "fires timers in the order of their setting", ["CLK-01"], (right) => {
    const line: (() => void)[] = [];
    return {
      setTimer(delayMs, callback) {
        line.push(callback);
        return right.setTimer(delayMs, () => line.shift()?.());
      },
    };
  }),
  clockMutant("CLKM-02", "fires the newest timer of a time first", ["CLK-02"], (right) => {
    const due = new Map<number, (() => void)[]>();
    return {
      setTimer(delayMs, callback) {
        const at = right.monotonic() + delayMs;
        const same = due.get(at) ?? [];
        due.set(at, [...same, callback]);
        return right.setTimer(delayMs, () => due.get(at)?.pop()?.());
      },
    };
  }),
  clockMutant(
    "CLKM-03",
    "fires a millisecond too early",
    ["CLK-03", "CLK-08", "CLK-09", "CLK-20"],
    (right) => ({
      setTimer: (delayMs, callback) => right.setTimer(delayMs - 1, callback),
    }),
  ),
  clockMutant("CLKM-04", "cuts fractions of a millisecond off", ["CLK-03"], (right) => ({
    setTimer: (delayMs, callback) => right.setTimer(Math.floor(delayMs), callback),
  })),
  clockMutant("CLKM-05", "fires timers of 0 ms inside the call", ["CLK-03"], (right) => ({
    setTimer(delayMs, callback) {
      if (delayMs > 0) return right.setTimer(delayMs, callback);
      callback();
      return timerOf(() => undefined);
    },
  })),
  clockMutant("CLKM-06", "fires again and again", ["CLK-04"], (right) => ({
    setTimer(delayMs, callback) {
      let timer: Timer;
      const again = (): void => {
        timer = right.setTimer(Math.max(delayMs, 1), again);
        callback();
      };
      timer = right.setTimer(delayMs, again);
      return timerOf(() => timer.clear());
    },
  })),
  clockMutant("CLKM-07", "does not clear timers", ["CLK-05", "CLK-22"], (right) => ({
    setTimer(delayMs, callback) {
      right.setTimer(delayMs, callback);
      return timerOf(() => undefined);
    },
  })),
  clockMutant("CLKM-08", "fires what is cleared while others of its time fire", ["CLK-05"], (right) => ({
    setTimer(delayMs, callback) {
      const dueAt = right.monotonic() + delayMs;
      const timer = right.setTimer(delayMs, callback);
      return timerOf(() => {
        if (right.monotonic() < dueAt) timer.clear();
      });
    },
  })),
  clockMutant("CLKM-09", "clears another timer when one is cleared again", ["CLK-06"], (right) => {
    const timers: (Timer | undefined)[] = [];
    return {
      setTimer(delayMs, callback) {
        const free = timers.indexOf(undefined);
        const slot = free < 0 ? timers.length : free;
        timers[slot] = right.setTimer(delayMs, () => {
          timers[slot] = undefined;
          callback();
        });
        return timerOf(() => {
          timers[slot]?.clear();
          timers[slot] = undefined;
        });
      },
    };
  }),
  clockMutant("CLKM-10", "waits no more than 32 bits hold", ["CLK-07"], (right) => ({
    setTimer: (delayMs, callback) => right.setTimer(delayMs > 2 ** 31 - 1 ? 1 : delayMs, callback),
  })),
  clockMutant(
    "CLKM-11",
    "takes a millisecond off a timer that is set by one that fires",
    ["CLK-08"],
    (right) => {
      let firing = false;
      return {
        setTimer(delayMs, callback) {
          return right.setTimer(firing ? delayMs - 1 : delayMs, () => {
            firing = true;
            callback();
            firing = false;
          });
        },
      };
    },
  ),
  clockMutant("CLKM-12", "fires late", ["CLK-09"], (right) => ({
    setTimer: (delayMs, callback) => right.setTimer(delayMs * 1.1, callback),
  })),
  clockMutant("CLKM-20", "ends sleeps at once", ["CLK-20"], () => ({ sleep: () => Promise.resolve() })),
  clockMutant("CLKM-21", "never ends a sleep", ["CLK-20", "CLK-23"], () => ({
    sleep: () => new Promise(() => undefined),
  })),
  clockMutant("CLKM-22", "does not abort a sleep", ["CLK-21", "CLK-22"], (right) => ({
    sleep: (delayMs) => right.sleep(delayMs),
  })),
  clockMutant("CLKM-23", "aborts a sleep with an error of its own", ["CLK-21"], (right) => ({
    sleep: (delayMs, signal) =>
      right.sleep(delayMs, signal).catch(() => Promise.reject(new Error("the sleep was aborted"))),
  })),
  clockMutant("CLKM-24", "sleeps although its signal was aborted before", ["CLK-21"], (right) => ({
    sleep: (delayMs, signal) => right.sleep(delayMs, signal?.aborted === true ? undefined : signal),
  })),
  clockMutant("CLKM-25", "leaves the timer of an aborted sleep", ["CLK-22"], (right) => ({
    async sleep(delayMs, signal) {
      right.setTimer(delayMs, () => undefined);
      await right.sleep(delayMs, signal);
    },
  })),
  clockMutant("CLKM-26", "leaves a listener when a sleep ends", ["CLK-23"], (right) => ({
    sleep(delayMs, signal) {
      signal?.addEventListener("abort", () => undefined);
      return right.sleep(delayMs, signal);
    },
  })),
  clockMutant("CLKM-30", "goes back at times", ["CLK-30"], (right) => {
    let looks = 0;
    return { monotonic: () => right.monotonic() - (looks++ % 7) };
  }),
  clockMutant("CLKM-31", "stands still", ["CLK-30", "CLK-09"], () => ({ monotonic: () => 0 })),
  clockMutant("CLKM-32", "tells seconds", ["CLK-31"], (right) => ({ now: () => right.now() / 1000 })),
];
