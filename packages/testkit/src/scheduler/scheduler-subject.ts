import type { Runnable, Scheduler } from "@sage-kernel/core/spi";
import type { ContractBinding } from "../contract/contract.ts";

/**
 * What the scheduler contract needs from an implementation. Its capabilities are `ordered` (steps run in the order of
 * posting) and `eventLoop` (steps run on the host's event loop, beside its timers and I/O).
 */
export interface SchedulerSubject {
  readonly scheduler: Scheduler;
  /** Runs an activity to its end; for a scheduler that runs nothing unless it is driven. */
  run(main: () => Promise<void>): Promise<void>;
}

/** One step in each turn of the event loop, in the order of posting: simple, correct and slow. */
export class TurnScheduler implements Scheduler {
  post(step: Runnable): void {
    setImmediate(() => step.run());
  }

  yield(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

/** The subject for a scheduler that runs by itself. */
export function schedulerSubject(scheduler: Scheduler): SchedulerSubject {
  return { scheduler, run: (main) => main() };
}

/** A scheduler of one step per turn in front of the contract: the reference that the mutants change. */
export const turnSchedulerBinding: ContractBinding<SchedulerSubject> = {
  capabilities: ["ordered", "eventLoop"],
  open: () => schedulerSubject(new TurnScheduler()),
};
