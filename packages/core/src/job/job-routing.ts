import type { EdgeNode, ExecutionGraph } from "../graph/execution-graph.ts";
import type { TaskReport } from "../task/task.port.ts";

/** One channel of a job as it is; a JSON value. */
export interface RouteInfo {
  /** Number of the channel. */
  readonly channel: number;
  /** Sending and receiving task. */
  readonly from: string;
  readonly to: string;
  /** Which input of the receiving step it feeds. */
  readonly inputIndex: number;
  /** Name of the strategy by which the sender chooses among the receivers. */
  readonly strategy: string;
  /** What travels: records, or dead letters. */
  readonly output: EdgeNode["output"];
  /** Records sent and received so far. */
  readonly sent: number;
  readonly received: number;
  /** How full the receiver's inbox is, from 0 to 1; `null` where the driver cannot tell at once. */
  readonly load: number | null;
}

/** Every channel of a job, in the order of the graph. */
export function routingOf(graph: ExecutionGraph, tasks: readonly TaskReport[]): RouteInfo[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  return graph.channels.map(({ id, edge, from, to }) => {
    const { inputIndex, strategy, output } = graph.edges[edge] as EdgeNode;
    const receiver = byId.get(to);
    const queue = receiver?.queue ?? null;
    return {
      channel: id,
      from,
      to,
      inputIndex,
      strategy,
      output,
      sent: byId.get(from)?.sent[id] ?? 0,
      received: receiver?.received[id] ?? 0,
      load: queue === null ? null : queue.size / queue.capacity,
    };
  });
}
