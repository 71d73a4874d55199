import { SageError } from "../errors/sage-error.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { StateStoreFactory } from "../state/state-store.port.ts";

/**
 * Looks whether another process can go on with a job from what its store keeps: what is on its way through queues that do not
 * move with a commit is gone with the process that has put it there.
 *
 * @throws SageError `GRAPH_INVALID` naming each step with such an inbox.
 */
export function checkCommits({ name, tasks }: ExecutionGraph, { kind, queues }: StateStoreFactory): void {
  if (queues === undefined) return;
  const foreign = new Map<string, string>();
  for (const { step, inbox, loopInbox } of tasks)
    for (const queue of [inbox, loopInbox])
      if (queue !== null && queue.kind !== queues) foreign.set(step, queue.kind);
  if (foreign.size === 0) return;
  const problems = [...foreign].map(([node, other]) => ({
    node,
    reason: "FOREIGN_QUEUE",
    message: `Its inbox is of kind "${other}", and the state store "${kind}" commits to queues of kind "${queues}" alone: another process that went on with this job would miss what was on its way.`,
    remedy: `Give it an inbox of kind "${queues}" (options queueKind and queueKinds of the runtime), or submit the job without an id, in one process.`,
  }));
  throw new SageError("GRAPH_INVALID", { pipeline: name, problems });
}
