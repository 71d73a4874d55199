import type { ServiceReport } from "../task/service-stats.ts";
import type { TaskReport } from "../task/task.port.ts";

/** Why a job does not end: what its tasks wait for, and which services still run calls; one sentence for each. */
export function whatBlocks(tasks: readonly TaskReport[], services: readonly ServiceReport[]): string[] {
  return [
    ...tasks.flatMap(({ id, waitsFor }) => (waitsFor === undefined ? [] : [`${id} waits for ${waitsFor}`])),
    ...services.flatMap(({ id, running }) => (running === 0 ? [] : [`${id} still runs ${running} calls`])),
  ];
}
