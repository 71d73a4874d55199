import { hasCode, type Job } from "@sage-kernel/core";
import { parseOptions } from "@sage-kernel/core/di";
import * as z from "zod";

const signalsSchema = z.strictObject({
  /** The signals that stop the job. Default SIGINT (Ctrl-C) and SIGTERM. */
  signals: z
    .array(z.enum(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK", "SIGUSR1", "SIGUSR2"]))
    .readonly()
    .default(["SIGINT", "SIGTERM"]),
  /** How long the first stop may take before `onMessage` is told what blocks it, in ms. Default as in `Job.stop`. */
  drainTimeoutMs: z.number().min(0).optional(),
  /** Gets one-line messages for the user. By default they go to standard error. */
  onMessage: z
    .custom<(message: string) => void>((given) => typeof given === "function", "expected a function")
    .default(() => toStandardError),
});

/** How signals stop a job. */
export type StopOnSignalsOptions = z.input<typeof signalsSchema>;

/** Signals that stop a job, until the job has ended or this is closed. */
export interface SignalStop extends Disposable {
  /** How many signals came. */
  readonly count: number;
  /** Listens no more; a second call has no effect. `Symbol.dispose` does the same. */
  close(): void;
}

/**
 * Ctrl-C for programs, from now until the job has ended. The first signal ends the job's sources and lets everything
 * that was read arrive; the second one cancels it at once; further ones do nothing.
 *
 * How the job ends, well or badly, is for whoever awaits `job.done`: it is neither reported nor caught here.
 *
 * @throws SageError `INVALID_OPTION` naming the path.
 *
 * @example
 * const job = await env.submit();
 * stopOnSignals(job);
 * const report = await job.done;
 */
export function stopOnSignals(
  job: Pick<Job, "done" | "stop">,
  options: StopOnSignalsOptions = {},
): SignalStop {
  const { signals, drainTimeoutMs, onMessage } = parseOptions(signalsSchema, options);
  const stop = async (drain: boolean): Promise<void> => {
    const timeout = drain && drainTimeoutMs !== undefined ? { timeoutMs: drainTimeoutMs } : {};
    try {
      await job.stop({ drain, ...timeout });
    } catch (error) {
      if (hasCode(error, "STOP_TIMEOUT")) onMessage(error.message);
    }
  };
  const distinct = new Set(signals);
  let count = 0;
  const onSignal = (): void => {
    count++;
    if (count > 2) return;
    const drain = count === 1;
    void stop(drain);
    onMessage(
      drain
        ? "stopping: finishing what was read; once more stops at once"
        : "stopping at once: what was read is given up",
    );
  };
  const close = (): void => {
    for (const signal of distinct) process.off(signal, onSignal);
  };
  for (const signal of distinct) process.on(signal, onSignal);
  job.done.then(close, close);
  return {
    get count() {
      return count;
    },
    close,
    [Symbol.dispose]: close,
  };
}

function toStandardError(message: string): void {
  process.stderr.write(`${message}\n`);
}
