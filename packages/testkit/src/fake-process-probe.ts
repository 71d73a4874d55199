import type { ProcessProbe, ProcessSample } from "@sage-kernel/core/spi";

/** A process that does as a test says; at first it uses nothing. */
export class FakeProcessProbe implements ProcessProbe {
  #running = false;
  #sample: ProcessSample = {
    cpuShare: 0,
    heapUsedBytes: 0,
    heapTotalBytes: 0,
    rssBytes: 0,
    eventLoopDelayMs: { p50: 0, p99: 0, max: 0 },
  };

  /** Whether it was started and not stopped. */
  get running(): boolean {
    return this.#running;
  }

  /** Changes these parts of all samples from now on. */
  set(part: Partial<ProcessSample>): void {
    this.#sample = { ...this.#sample, ...part };
  }

  start(): void {
    this.#running = true;
  }

  stop(): void {
    this.#running = false;
  }

  sample(): ProcessSample {
    return this.#sample;
  }
}
