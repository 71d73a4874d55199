import type { Runnable, Scheduler, Task, TaskFactory, TaskSpec } from "@sage-kernel/core/spi";
import { BaseTask } from "@sage-kernel/core/spi";

/** Runs tasks in the background: each step lets the event loop come round, so that all else in the process goes first. */
export class BackgroundTaskFactory implements TaskFactory {
  readonly kind = "background";

  create(spec: TaskSpec): Task {
    const scheduler = new BackgroundLane(spec.host.scheduler);
    return new BaseTask({ ...spec, host: { ...spec.host, scheduler } });
  }
}

/** Takes the steps of one task one by one, a turn of the event loop before each. */
class BackgroundLane implements Scheduler {
  readonly #scheduler: Scheduler;
  #last: Promise<void> = Promise.resolve();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  post(step: Runnable): void {
    this.#last = this.#last.then(() => this.#scheduler.yield()).then(() => this.#scheduler.post(step));
  }

  yield(): Promise<void> {
    return this.#scheduler.yield();
  }
}
