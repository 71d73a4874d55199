import type { Clock } from "./clock.port.ts";

/**
 * `Clock.sleep` for a clock that can set timers.
 *
 * @throws the signal's reason when it is or becomes aborted; the timer is cleared.
 */
export function sleepOn(
  clock: Pick<Clock, "setTimer">,
  delayMs: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = (): void => {
      timer.clear();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
