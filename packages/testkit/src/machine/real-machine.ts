import { randomUUID } from "node:crypto";
import { type Adapter, tokens } from "@sage-kernel/core/di";
import { type Clock, sleepOn } from "@sage-kernel/core/spi";
import { createFakes, registerFakes } from "../fakes.ts";
import { TurnScheduler } from "../scheduler/scheduler-subject.ts";
import { PlainTaskFactory } from "../task/task-factory-subject.ts";

/** The machine's clock, for tests that wait for real servers and processes. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  now: () => Date.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { clear: () => clearTimeout(timer) };
  },
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
};

/**
 * Fakes in real time, for pipelines over real servers and processes: everything but the clock is faked, and ids are like those of no
 * other process.
 */
export function realMachine(): Adapter {
  return {
    name: "real machine",
    register: (container) => {
      const { adapter: _, ...fakes } = createFakes();
      registerFakes(container, { ...fakes, clock: systemClock, scheduler: new TurnScheduler() });
      container.register(tokens.taskFactory, { useValue: new PlainTaskFactory() });
      container.register(tokens.ids, { useValue: { next: (prefix: string) => `${prefix}-${randomUUID()}` } });
    },
  };
}
