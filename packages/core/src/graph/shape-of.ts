import type { QueueDescriptorJson } from "../queue/queue-descriptor.ts";
import type { JobShape } from "../state/job-shape.ts";
import type { ExecutionGraph } from "./execution-graph.ts";

/** The shape of a job that runs a pipeline. */
export function shapeOf({ name, steps, tasks, edges, services }: ExecutionGraph, job: string): JobShape {
  const inboxes = tasks
    .flatMap(({ inbox, loopInbox }) => [inbox, loopInbox])
    .filter((queue): queue is QueueDescriptorJson => queue !== null);
  return {
    version: 1,
    pipeline: name,
    steps: Object.fromEntries(
      steps.map(({ id, kind, parallelism, keyed }) => [
        id,
        `${kind} × ${parallelism}${keyed ? ", keyed" : ""}`,
      ]),
    ),
    tasks: tasks.map(({ id }) => id),
    edges: edges.map(
      ({ from, to, inputIndex, strategy, keyed, output }) =>
        `${output} of ${from} to input ${inputIndex} of ${to}: ${strategy}${keyed ? ", keyed" : ""}`,
    ),
    queues: Object.fromEntries(inboxes.map(({ id, capacity }) => [`${job}/${id}`, capacity])),
    kinds: Object.fromEntries([
      ...tasks.flatMap(({ step, inbox }) => (inbox === null ? [] : [[step, inbox.kind]])),
      ...services.map(({ name: service, endpoints }) => [service, endpoints[0]?.requests.kind]),
    ]),
  };
}
