import type { Job } from "@sage-kernel/core";
import type { SimQueue } from "./sim-queue.ts";

/** One task waits for another one. */
export interface Wait {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** Who waits for whom in a job: for room in an inbox, or for what has not come. */
export function waitsOf(job: Job, queues: readonly SimQueue[]): Wait[] {
  const { channels, tasks } = job.graph();
  const sender = new Map(channels.map(({ id, from }) => [id, from]));
  const ended = new Set(
    job
      .report()
      .tasks.filter(({ state }) => state === "completed" || state === "cancelled")
      .map(({ id }) => id),
  );
  return tasks.flatMap(({ id, inbox, loopInbox }) => {
    const own = queues.filter(
      ({ descriptor }) =>
        descriptor.id === `${job.id}/${inbox?.id}` || descriptor.id === `${job.id}/${loopInbox?.id}`,
    );
    return own.flatMap(({ waits, descriptor }): Wait[] => {
      const full = [...waits.puts.keys()].flatMap((channel) => {
        const from = sender.get(channel);
        return from === undefined ? [] : [{ from, to: id, why: `room in ${descriptor.id}` }];
      });
      if (!waits.taking) return full;
      const into = channels.filter(({ from, to }) => to === id && !ended.has(from));
      return [...full, ...into.map(({ from }) => ({ from: id, to: from, why: "its records or its end" }))];
    });
  });
}

/** The waits in words, one line each, with the circles that they make. */
export function describeWaits(job: Job, queues: readonly SimQueue[]): string[] {
  const waits = waitsOf(job, queues);
  const asked = job
    .report()
    .tasks.flatMap(({ id, state, waitsFor }) =>
      waitsFor === undefined ? [] : [`${id} (${state}): ${waitsFor}`],
    );
  return [
    ...waits.map(({ from, to, why }) => `${from} -> ${to} (${why})`),
    ...circlesOf(waits).map((circle) => `circle: ${circle.join(" -> ")}`),
    ...asked,
  ];
}

/** Circles among the waits, each once. */
export function circlesOf(waits: readonly Wait[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of waits) next.set(from, [...(next.get(from) ?? []), to]);
  const circles: string[][] = [];
  const done = new Set<string>();
  const follow = (node: string, path: readonly string[]): void => {
    const at = path.indexOf(node);
    if (at >= 0) circles.push([...path.slice(at), node]);
    if (at >= 0 || done.has(node)) return;
    for (const to of next.get(node) ?? []) follow(to, [...path, node]);
    done.add(node);
  };
  for (const node of next.keys()) follow(node, []);
  return circles;
}
