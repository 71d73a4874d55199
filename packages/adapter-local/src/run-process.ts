import { JobManagerHost, WorkerHost } from "@sage-kernel/core";
import { createRuntime } from "@sage-kernel/core/di";
import type { CheckedDeployment } from "./deployment.ts";

/** What a long-lived process is told, and tells. */
export interface ProcessEnds {
  /** Settles when the process is told to end. */
  readonly told: Promise<unknown>;
  /** Gets one-line messages for whoever runs it. */
  readonly say: (line: string) => void;
}

/**
 * Runs a worker until it is told to end; then what it has is placed elsewhere. Answers the exit code: 0, or 1 where it could
 * not go on.
 *
 * @throws SageError `INVALID_OPTION`, and what opening the channel throws.
 */
export async function runWorker(
  { runtime: composed, channel: open, jobs, worker: settings }: CheckedDeployment,
  { told, say }: ProcessEnds,
): Promise<number> {
  const { drainTimeoutMs, name, ...more } = settings;
  const runtime = await createRuntime(composed);
  const channel = await open();
  try {
    const worker = await WorkerHost.open({ channel, runtime, jobs, name: name as string, ...more });
    say(`worker ${worker.name} is there`);
    const failed = worker.ended.then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const end = await Promise.race([told.then(() => undefined), failed]);
    if (end !== undefined) {
      say(`worker ${worker.name} cannot go on: ${String(end.error)}`);
      return 1;
    }
    say(`worker ${worker.name} hands over what it has`);
    await worker.leave({ timeoutMs: drainTimeoutMs });
    return 0;
  } finally {
    await runtime.close();
    await channel.close();
  }
}

/**
 * Runs a manager of jobs, as a standby while another one is there, until it is told to end; the jobs go on. Answers the exit
 * code: 0, or 1 where another manager has taken its place, or it could not go on.
 *
 * @throws SageError `INVALID_OPTION`, and what opening the channel throws.
 */
export async function runJobManager(
  { runtime: composed, channel: open, jobs, manager: settings }: CheckedDeployment,
  { told, say }: ProcessEnds,
): Promise<number> {
  const runtime = await createRuntime(composed);
  const channel = await open();
  const giveUp = new AbortController();
  void told.then(() => giveUp.abort());
  try {
    say("waits for the manager's seat");
    const manager = await JobManagerHost.open({ channel, runtime, jobs, ...settings, signal: giveUp.signal });
    say(`manages jobs, as holder ${manager.epoch} of the seat`);
    const end = await Promise.race([told.then(() => undefined), manager.ended]);
    await manager.close();
    if (end === undefined) return 0;
    say(`manages jobs no longer: ${String(end)}`);
    return 1;
  } catch (error) {
    if (giveUp.signal.aborted) return 0;
    throw error;
  } finally {
    await runtime.close();
    await channel.close();
  }
}
