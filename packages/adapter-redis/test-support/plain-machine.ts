import { type Adapter, tokens } from "@sage-kernel/core/di";
import { sleepOn } from "@sage-kernel/core/spi";
import { createFakes, PlainTaskFactory, registerFakes, TurnScheduler } from "@sage-kernel/testkit";
import { systemClock } from "./system-clock.ts";

/** A machine in real time, for pipelines over a real server. */
export const plainMachine = (): Adapter => ({
  name: "plain machine",
  register: (container) => {
    const { adapter: _, ...fakes } = createFakes();
    const clock = {
      ...systemClock,
      now: () => Date.now(),
      sleep: (delayMs: number, signal?: AbortSignal) => sleepOn(systemClock, delayMs, signal),
    };
    registerFakes(container, { ...fakes, clock, scheduler: new TurnScheduler() });
    container.register(tokens.taskFactory, { useValue: new PlainTaskFactory() });
  },
});
