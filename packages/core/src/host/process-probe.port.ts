/**
 * What a process used; a JSON value. Rates and delays are about the time since the previous sample; the first sample's
 * is the time since the probe was started, or made where it was not started.
 */
export type ProcessSample = {
  /** CPU time used per time passed: 1 is one core that was always busy. */
  readonly cpuShare: number;
  /** Memory that live objects take in the heap. */
  readonly heapUsedBytes: number;
  /** Memory that the heap has reserved. */
  readonly heapTotalBytes: number;
  /** Memory of the whole process. */
  readonly rssBytes: number;
  /** How late the event loop came to what was due, in ms; about 0 while it is idle, and 0 while nothing measures. */
  readonly eventLoopDelayMs: {
    /** Half of the looks were at most this late. */
    readonly p50: number;
    /** 99 of 100 looks were at most this late. */
    readonly p99: number;
    /** The latest. */
    readonly max: number;
  };
};

/** Port: how the process is doing. */
export interface ProcessProbe {
  /**
   * Begins to measure. Until then nothing runs. Does not keep the process alive. Without effect while it measures;
   * after {@link ProcessProbe.stop} it begins anew.
   */
  start(): void;
  /** Ends measuring and releases what it needed. Without effect while nothing measures. */
  stop(): void;
  /**
   * What was used since the previous sample; begins the next one. May be called at any time: before `start` and after
   * `stop` only the event loop's delay is missing, as zeros.
   */
  sample(): ProcessSample;
}
