import { tokens } from "@sage-kernel/core/di";
import { sleepOn } from "@sage-kernel/core/spi";
import { createFakes, PlainTaskFactory, registerFakes, TurnScheduler } from "@sage-kernel/testkit";

/** The machine's clock, for what waits for a real server. */
export const systemClock = {
  monotonic: () => performance.now(),
  now: () => Date.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { clear: () => clearTimeout(timer) };
  },
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
};

/** A machine in real time, for pipelines over a real server. */
export const plainMachine = () => ({
  name: "plain machine",
  register: (container) => {
    const { adapter: _, ...fakes } = createFakes();
    registerFakes(container, { ...fakes, clock: systemClock, scheduler: new TurnScheduler() });
    container.register(tokens.taskFactory, { useValue: new PlainTaskFactory() });
  },
});
