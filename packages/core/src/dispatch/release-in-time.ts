import type { Host } from "../host/host.ts";
import type { TaskReport } from "../task/task.port.ts";

/** How long a failed deployment may take to close what was opened, in ms. */
const releaseTimeoutMs = 1000;

/** Waits for the release of a deployment that has failed, but not for user code that does not end: that is named in the log. */
export async function inTime(
  { host, job }: { readonly host: Host; readonly job: string },
  released: Promise<void>,
  report: () => readonly TaskReport[],
): Promise<void> {
  const stop = new AbortController();
  const late = host.clock.sleep(releaseTimeoutMs, stop.signal).then(
    () => {
      const names = report().flatMap(({ id, waitsFor }) => (waitsFor ? [`${id} waits for ${waitsFor}`] : []));
      host.logger.error(() => `What was deployed does not close: ${names.join("; ")}`, { job });
    },
    () => undefined,
  );
  await Promise.race([released, late]);
  stop.abort();
}
