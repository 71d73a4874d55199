import type { Timer } from "../host/clock.port.ts";
import type { Host } from "../host/host.ts";
import type { ProcessSample } from "../host/process-probe.port.ts";

/** Samples the process at an interval while any job runs, and tells the jobs. */
export class ProcessReports {
  readonly #host: Pick<Host, "clock" | "process">;
  readonly #intervalMs: number | undefined;
  readonly #listeners = new Set<(sample: ProcessSample) => void>();
  #last: ProcessSample | null = null;
  #timer: Timer | undefined;

  /** Without an interval it does nothing. */
  constructor(host: Pick<Host, "clock" | "process">, intervalMs: number | undefined) {
    this.#host = host;
    this.#intervalMs = intervalMs;
  }

  /** The last sample. */
  get last(): ProcessSample | null {
    return this.#last;
  }

  /** Calls back with each sample until the returned function is called. */
  listen(onSample: (sample: ProcessSample) => void): () => void {
    if (this.#intervalMs === undefined) return () => undefined;
    this.#listeners.add(onSample);
    if (this.#listeners.size === 1) {
      this.#host.process.start();
      this.#schedule(this.#intervalMs);
    }
    return () => {
      if (!this.#listeners.delete(onSample) || this.#listeners.size > 0) return;
      this.#timer?.clear();
      this.#timer = undefined;
      this.#host.process.stop();
    };
  }

  #schedule(intervalMs: number): void {
    this.#timer = this.#host.clock.setTimer(intervalMs, () => {
      this.#timer = undefined;
      const sample = this.#host.process.sample();
      this.#last = sample;
      for (const listener of [...this.#listeners]) listener(sample);
      if (this.#listeners.size > 0 && this.#timer === undefined) this.#schedule(intervalMs);
    });
  }
}
