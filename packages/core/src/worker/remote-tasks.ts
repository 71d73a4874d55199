import type { JobWiring } from "../dispatch/job-wiring.ts";
import type { LoopHead, TaskInput, TaskMaker } from "../dispatch/task-maker.ts";
import type { TaskLife } from "../dispatch/task-specs.ts";
import type { JsonObject } from "../errors/json.ts";
import { hasCode } from "../errors/sage-error.ts";
import type { ExecutionGraph, StepNode, TaskNode } from "../graph/execution-graph.ts";
import type { Task } from "../task/task.port.ts";
import { RemoteTask } from "./remote-task.ts";
import type { RunWatcher, WorkerLink } from "./worker-link.ts";
import type { PlacementFacts, RunState } from "./worker-message.ts";
import type { PlacementNeed, WorkerPool } from "./worker-pool.ts";

/** A job that is placed in workers. */
export interface PlacedJob {
  readonly pool: WorkerPool;
  readonly graph: ExecutionGraph;
  /** What every placement of it says, except what it is called. */
  facts(): Omit<PlacementFacts, "run">;
  /** Which workers host the instances of services, by id of the instance. */
  readonly hosts: Map<string, WorkerLink>;
}

/** Makes the tasks of one job in workers. */
export class RemoteTasks implements TaskMaker {
  readonly #job: PlacedJob;
  readonly #wiring: JobWiring;
  readonly #latest = new Map<string, RemoteTask>();
  /** Where the instances of a source are that share what they read. */
  readonly #shared = new Map<string, WorkerLink>();

  constructor(job: PlacedJob, wiring: JobWiring) {
    this.#job = job;
    this.#wiring = wiring;
  }

  async input(node: TaskNode): Promise<TaskInput> {
    if (node.inbox === null) return { close: () => undefined };
    const inbox = await this.#wiring.inbox(node);
    const head = node.loopInbox === null ? undefined : this.#head(node.id);
    return { head, close: () => inbox.close() };
  }

  async create(node: TaskNode, { crashes, onIdle }: TaskLife): Promise<Task> {
    const { pool } = this.#job;
    for (;;) {
      const link = await pool.place(this.#need(node));
      const run = pool.nextRun();
      let task: RemoteTask | undefined;
      const watcher: RunWatcher = {
        onState: (state) => task?.onState(state),
        onIdle: () => task?.onIdle(),
        onLeaving: (error) => task?.onLeaving(error),
        onLost: (error) => task?.onLost(error),
      };
      link.take(run, node.step, watcher);
      if (this.#isShared(node)) this.#shared.set(node.step, link);
      try {
        const args = { ...this.#job.facts(), run, node: node.id, crashes: crashes.list() };
        const state = (await link.ask("place", args as unknown as JsonObject)) as unknown as RunState;
        task = new RemoteTask(
          { id: node.id, run, link, crashes, onIdle },
          state.task as NonNullable<RunState["task"]>,
        );
        task.onState(state);
        this.#latest.set(node.id, task);
        return task;
      } catch (error) {
        link.drop(run);
        if (!hasCode(error, "WORKER_LOST")) throw error;
      }
    }
  }

  release(): void {
    // Each incarnation ends what it keeps where it lives.
  }

  #need(node: TaskNode): PlacementNeed {
    const { module, digest } = this.#job.facts();
    const step = this.#step(node);
    const beside =
      this.#job.hosts.get(node.id) ?? (this.#isShared(node) ? this.#shared.get(node.step) : undefined);
    return { node: node.id, step: node.step, module, digest, label: step.label ?? undefined, beside };
  }

  /** Whether all instances of a source read the same thing, which is in one process. */
  #isShared(node: TaskNode): boolean {
    const { guarantee, parallelism } = this.#step(node);
    return guarantee === "retained" && parallelism > 1;
  }

  #step({ step }: TaskNode): StepNode {
    return this.#job.graph.steps.find(({ id }) => id === step) as StepNode;
  }

  #head(id: string): LoopHead {
    const latest = this.#latest;
    return {
      get ended(): boolean {
        return latest.get(id)?.loopEnded === true;
      },
      end: () => latest.get(id)?.tellLoop(true),
      forgetEnd: () => latest.get(id)?.tellLoop(false),
    };
  }
}
