import { createHistogram } from "node:perf_hooks";
import type { ProcessProbe, ProcessSample } from "@sage-kernel/core/spi";

/** What the probe needs of Node. */
export interface ProcessReadings {
  /** Milliseconds since an arbitrary start; never goes back. */
  now(): number;
  /** CPU time of the process so far, in microseconds. */
  cpuUsage(): { readonly user: number; readonly system: number };
  /** Memory now, in bytes. */
  memoryUsage(): { readonly heapUsed: number; readonly heapTotal: number; readonly rss: number };
  /** Calls back every `ms` until what it answers is called, without keeping the process alive. */
  every(ms: number, look: () => void): () => void;
}

const thisProcess: ProcessReadings = {
  now: () => performance.now(),
  cpuUsage: () => process.cpuUsage(),
  memoryUsage: () => process.memoryUsage(),
  every(ms, look) {
    const timer = setInterval(look, ms).unref();
    return () => clearInterval(timer);
  },
};

const resolutionMs = 20;

/**
 * Measures this process. The event loop's delay is how late a timer of 20 ms fires, and how late it already is when a
 * sample is taken: Node's own `monitorEventLoopDelay` loses the intervals around each reset, and with them a block that
 * a sample comes right before or after.
 */
export class NodeProcessProbe implements ProcessProbe {
  readonly #readings: ProcessReadings;
  /** In microseconds, one more than it was: a histogram holds no 0. */
  readonly #delays = createHistogram({ figures: 3 });
  #sampledAt: number;
  #cpuMicros: number;
  #dueAt = 0;
  #end: (() => void) | undefined;

  /** Reads this process, unless told otherwise. */
  constructor(readings: ProcessReadings = thisProcess) {
    this.#readings = readings;
    this.#sampledAt = readings.now();
    this.#cpuMicros = this.#readCpu();
  }

  start(): void {
    if (this.#end !== undefined) return;
    this.#sampledAt = this.#readings.now();
    this.#cpuMicros = this.#readCpu();
    this.#dueAt = this.#sampledAt + resolutionMs;
    this.#end = this.#readings.every(resolutionMs, () => this.#look());
  }

  stop(): void {
    this.#end?.();
    this.#end = undefined;
    this.#delays.reset();
  }

  sample(): ProcessSample {
    const cpuShare = this.#takeCpuShare();
    const { heapUsed, heapTotal, rss } = this.#readings.memoryUsage();
    return {
      cpuShare,
      heapUsedBytes: heapUsed,
      heapTotalBytes: heapTotal,
      rssBytes: rss,
      eventLoopDelayMs: this.#takeDelays(),
    };
  }

  #readCpu(): number {
    const { user, system } = this.#readings.cpuUsage();
    return user + system;
  }

  #takeCpuShare(): number {
    const now = this.#readings.now();
    const cpuMicros = this.#readCpu();
    const elapsedMicros = (now - this.#sampledAt) * 1000;
    const share = elapsedMicros > 0 ? (cpuMicros - this.#cpuMicros) / elapsedMicros : 0;
    this.#sampledAt = now;
    this.#cpuMicros = cpuMicros;
    return share;
  }

  #takeDelays(): ProcessSample["eventLoopDelayMs"] {
    if (this.#end !== undefined) this.#recordPending();
    const ms = (micros: number): number => (this.#delays.count === 0 ? 0 : (micros - 1) / 1000);
    const { max } = this.#delays;
    const at = (percent: number): number => ms(Math.min(this.#delays.percentile(percent), max));
    const delays = { p50: at(50), p99: at(99), max: ms(max) };
    this.#delays.reset();
    return delays;
  }

  /** A delay that has not ended belongs to this sample as far as it has come, and the rest of it to the next. */
  #recordPending(): void {
    const now = this.#readings.now();
    if (now <= this.#dueAt) return;
    this.#record(now - this.#dueAt);
    this.#dueAt = now;
  }

  #look(): void {
    const now = this.#readings.now();
    this.#record(Math.max(0, now - this.#dueAt));
    this.#dueAt = now + resolutionMs;
  }

  #record(delayMs: number): void {
    this.#delays.record(Math.round(delayMs * 1000) + 1);
  }
}
