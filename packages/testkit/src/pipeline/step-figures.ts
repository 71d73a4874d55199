import type { Job, TaskMetrics } from "@sage-kernel/core";

/** What the instances of one step have done together. */
export interface StepFigures {
  /** Records that came in. */
  readonly received: number;
  /** Records that are done, filtered ones included. */
  readonly processed: number;
  readonly filtered: number;
  /** Records that were sent, counted once each. */
  readonly emitted: number;
  readonly skipped: number;
  readonly deadLettered: number;
  /** Records that came in and are not done. */
  readonly inFlight: number;
  /** How often instances were restarted. */
  readonly restarts: number;
  /** What each instance has done. */
  readonly tasks: readonly TaskMetrics[];
}

/**
 * What a step of a job has done so far.
 *
 * @throws Error when there is no such step.
 */
export function stepFigures(job: Job, step: string): StepFigures {
  const tasks = job.metrics().tasks.filter((task) => task.step === step);
  if (tasks.length === 0) {
    const known = job.graph().steps.map(({ id }) => id);
    throw new Error(`there is no step "${step}"; the steps are ${known.join(", ")}`);
  }
  const sum = (count: (task: TaskMetrics) => number): number =>
    tasks.reduce((total, task) => total + count(task), 0);
  const reports = job.report().tasks.filter((task) => task.step === step);
  return {
    received: sum((task) => task.received),
    processed: sum((task) => task.processed),
    filtered: sum((task) => task.filtered),
    emitted: sum((task) => task.emitted),
    skipped: sum((task) => task.skipped),
    deadLettered: sum((task) => task.deadLettered),
    inFlight: sum((task) => task.inFlight),
    restarts: reports.reduce((total, { restarts }) => total + restarts, 0),
    tasks,
  };
}
