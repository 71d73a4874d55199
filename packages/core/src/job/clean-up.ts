import { jobQueue } from "../dispatch/service-specs.ts";
import type { ExecutionGraph } from "../graph/execution-graph.ts";
import { shapeOf } from "../graph/shape-of.ts";
import { QueueDescriptor } from "../queue/queue-descriptor.ts";
import { QueueHandles } from "../queue/queue-handles.ts";
import type { StateStore } from "../state/state-store.port.ts";
import type { JobManagerScope } from "./submission.ts";

/**
 * Ends at the store what an earlier process has left of a job that is over, with its queues.
 *
 * @throws what the store and the drivers throw.
 */
export async function cleanUp(
  { stores, drivers }: Pick<JobManagerScope, "stores" | "drivers">,
  id: string,
  graph: ExecutionGraph,
): Promise<void> {
  const begun = async (): Promise<StateStore> => {
    const store = stores.create(id);
    await store.begin?.(shapeOf(graph, id));
    store.started?.();
    await store.ending?.();
    return store;
  };
  await begun();
  const store = await begun(); // which forgets what was being ended
  const handles = new QueueHandles(drivers);
  for (const { requests, control, outcomes } of graph.services.flatMap(({ endpoints }) => endpoints)) {
    for (const queue of [requests, control, ...(outcomes === undefined ? [] : [outcomes])])
      await handles.open(QueueDescriptor.fromJSON(jobQueue(id, queue)));
  }
  await handles.close();
  await store.release?.();
}
