import { BaseTask, type Task, type TaskFactory, type TaskSpec } from "@sage-kernel/core/spi";

/** Runs every task's loop on the event loop of this process. */
export class EventLoopTaskFactory implements TaskFactory {
  readonly kind = "event-loop";

  create(spec: TaskSpec): Task {
    return new BaseTask(spec);
  }
}
