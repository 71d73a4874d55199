import { hasCode, type Job } from "@sage-kernel/core";
import { reasonOf } from "./reason.ts";

const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * Ctrl-C while a job runs. The first one ends its sources and lets everything that was read arrive; the second one
 * cancels the job at once.
 */
export class Interrupts {
  /** How many there were. */
  count = 0;
  readonly #job: Job;
  readonly #say: (message: string) => void;

  /** Listens from now on; `say` gets one-line messages for the user. */
  constructor(job: Job, say: (message: string) => void) {
    this.#job = job;
    this.#say = say;
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  /** Listens no more. */
  close(): void {
    for (const signal of signals) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (): void => {
    this.count++;
    if (this.count > 2) return;
    const drain = this.count === 1;
    this.#say(
      drain
        ? "stopping: finishing what was read; once more stops at once"
        : "stopping at once: what was read is given up",
    );
    // How the job ends is for whoever awaits `job.done`; here only a stop that takes too long is news.
    this.#job.stop({ drain }).catch((error: unknown) => {
      if (hasCode(error, "STOP_TIMEOUT")) this.#say(reasonOf(error));
    });
  };
}
