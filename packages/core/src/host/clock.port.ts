/** A timer that was set and can be cleared. */
export interface Timer {
  /** Clears the timer; no effect when it has fired or was cleared before. */
  clear(): void;
}

/** Port: the machine's time. Core reads no other clock. */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch; may jump. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls back once after `delayMs` (0 or more, fractions allowed). */
  setTimer(delayMs: number, callback: () => void): Timer;
  /**
   * Resolves after `delayMs`.
   *
   * @throws the signal's reason when it is or becomes aborted; the timer is cleared.
   */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}
