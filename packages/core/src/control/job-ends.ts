import type { Clock } from "../host/clock.port.ts";
import type { Job } from "../job/job.ts";
import { isTerminal } from "../job/job-report.ts";

/** Waits for the ends of jobs, with a time limit. Waits that are over leave nothing behind at a job that goes on. */
export class JobEnds {
  readonly #clock: Clock;
  readonly #waiting = new WeakMap<Job, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the job has ended, and after `timeoutMs` at the latest. */
  wait(job: Job, timeoutMs: number): Promise<void> {
    const waiting = this.#waitingFor(job);
    return new Promise((resolve) => {
      const over = (): void => {
        timer.clear();
        waiting.delete(over);
        resolve();
      };
      const timer = this.#clock.setTimer(timeoutMs, over);
      waiting.add(over);
      if (isTerminal(job.status())) over();
    });
  }

  #waitingFor(job: Job): Set<() => void> {
    const known = this.#waiting.get(job);
    if (known !== undefined) return known;
    const waiting = new Set<() => void>();
    const ended = (): void => {
      for (const over of [...waiting]) over();
    };
    job.done.then(ended, ended);
    this.#waiting.set(job, waiting);
    return waiting;
  }
}
