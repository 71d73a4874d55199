import type { ExecutionGraph } from "../graph/execution-graph.ts";
import type { LoopNode } from "../graph/loops.ts";
import type { Scheduler } from "../host/scheduler.port.ts";
import type { Task } from "../task/task.port.ts";
import { LoopWatch } from "./loop-watch.ts";
import type { RedriveCount } from "./redriver.ts";
import type { TaskInput } from "./task-maker.ts";

/** What a watch over one loop of a job is made of. */
export interface LoopScope {
  readonly graph: ExecutionGraph;
  /** Place of the loop in the graph. */
  readonly loop: number;
  /** All tasks of the job, and their inputs by id. */
  readonly tasks: readonly Task[];
  readonly inputs: ReadonlyMap<string, TaskInput>;
  readonly scheduler: Scheduler;
  readonly redriven: () => readonly RedriveCount[];
  /** Called when a probe fails, with the name of the loop. */
  readonly onError: (error: unknown, name: string) => void;
}

/** Watches over a loop of a job, by those of its tasks and inputs that are part of it. */
export function watchLoop(scope: LoopScope): LoopWatch {
  const { graph, loop, tasks, inputs, scheduler, redriven, onError } = scope;
  const { name, steps, heads } = graph.loops[loop] as LoopNode;
  const inside = graph.tasks.filter(({ step }) => steps.includes(step));
  const ids = new Set(inside.map(({ id }) => id));
  return new LoopWatch({
    loop,
    graph,
    tasks: tasks.filter(({ id }) => ids.has(id)),
    heads: heads.map((head) =>
      inside.flatMap(({ id, step }) => {
        const input = inputs.get(id)?.head;
        return step === head && input !== undefined ? [input] : [];
      }),
    ),
    redriven,
    scheduler,
    onError: (error) => onError(error, name),
  });
}
