import { describeValue, SageError } from "../errors/sage-error.ts";
import type { Clock } from "../host/clock.port.ts";

/** How long a stop may take. */
export interface StopLimit {
  readonly job: string;
  readonly drain: boolean;
  readonly timeoutMs: number;
}

/** @throws SageError `INVALID_OPTION`. */
export function checkTimeout(timeoutMs: number): void {
  if (timeoutMs >= 0) return;
  const problem = `is ${describeValue(timeoutMs)}`;
  throw new SageError("INVALID_OPTION", { path: "timeoutMs", problem, expected: "0 or more, in ms" });
}

/**
 * Waits for the end of a job that is being stopped.
 *
 * @throws SageError `STOP_TIMEOUT` with what blocks, when that takes too long; what the end is rejected with.
 */
export async function endInTime<T>(
  end: Promise<T>,
  clock: Clock,
  { job, drain, timeoutMs }: StopLimit,
  blocked: () => string[],
): Promise<T> {
  const timer = new AbortController();
  const late = clock.sleep(timeoutMs, timer.signal).then(
    () => {
      throw new SageError("STOP_TIMEOUT", { job, timeoutMs, drain, blocked: blocked() });
    },
    () => end,
  );
  try {
    return await Promise.race([end, late]);
  } finally {
    timer.abort();
    late.catch(() => undefined);
  }
}
