import type { JobWiring } from "../dispatch/job-wiring.ts";
import type { LoopHead, TaskInput, TaskMaker } from "../dispatch/task-maker.ts";
import type { TaskLife } from "../dispatch/task-specs.ts";
import type { JsonObject } from "../errors/json.ts";
import { hasCode, SageError } from "../errors/sage-error.ts";
import type { ExecutionGraph, StepNode, TaskNode } from "../graph/execution-graph.ts";
import type { Task } from "../task/task.port.ts";
import { RemoteTask } from "./remote-task.ts";
import type { RunWatcher, WorkerLink } from "./worker-link.ts";
import type { PlacementFacts, RunState } from "./worker-message.ts";
import type { PlacementNeed, WorkerPool } from "./worker-pool.ts";

/** Which workers have the instances of services, by id of the instance. */
export class ServiceHosts {
  readonly #links = new Map<string, WorkerLink>();
  readonly #listeners = new Set<(id: string) => void>();

  /** The worker of an instance. */
  get(id: string): WorkerLink | undefined {
    return this.#links.get(id);
  }

  /** An instance is placed. */
  set(id: string, link: WorkerLink): void {
    const moved = this.#links.has(id);
    this.#links.set(id, link);
    if (moved) for (const listener of this.#listeners) listener(id);
  }

  /** Calls back with each instance that has moved. */
  onMoved(listener: (id: string) => void): void {
    this.#listeners.add(listener);
  }
}

/** A job that is placed in workers. */
export interface PlacedJob {
  readonly pool: WorkerPool;
  readonly graph: ExecutionGraph;
  /** What every placement of it says, except what it is called. */
  facts(): Omit<PlacementFacts, "run">;
  readonly hosts: ServiceHosts;
}

/** Makes the tasks of one job in workers. */
export class RemoteTasks implements TaskMaker {
  readonly #job: PlacedJob;
  readonly #wiring: JobWiring;
  readonly #latest = new Map<string, RemoteTask>();
  /** Where the instances of a source are that share what they read. */
  readonly #shared = new Map<string, WorkerLink>();
  /** Heads of loops that were told their end. */
  readonly #told = new Set<string>();
  /** Source tasks of the requests that instances of services take, which are named alike. */
  readonly #fronts: ReadonlySet<string>;

  constructor(job: PlacedJob, wiring: JobWiring) {
    this.#job = job;
    this.#wiring = wiring;
    this.#fronts = new Set(
      job.graph.services.flatMap(({ name, endpoints }) =>
        endpoints.flatMap(({ outcomes }, index) => (outcomes === undefined ? [] : [`${name}#${index}`])),
      ),
    );
    job.hosts.onMoved((id) => {
      const why = "the instance of the service beside it was placed elsewhere";
      if (this.#fronts.has(id))
        this.#latest.get(id)?.abandon(new SageError("WORKER_LOST", { worker: "its own", why }));
      job.pool.look();
    });
  }

  async input(node: TaskNode): Promise<TaskInput> {
    if (node.inbox === null) return { close: () => undefined };
    const inbox = await this.#wiring.inbox(node);
    const head = node.loopInbox === null ? undefined : this.#head(node.id);
    return { head, close: () => inbox.close() };
  }

  async create(node: TaskNode, { crashes, onIdle }: TaskLife, signal?: AbortSignal): Promise<Task> {
    for (;;) {
      let task: RemoteTask | undefined;
      const watcher: RunWatcher = {
        onState: (state) => task?.onState(state),
        onIdle: () => task?.onIdle(),
        onLeaving: (error) => task?.onLeaving(error),
        onLost: (error) => task?.onLost(error),
      };
      const { link, run } = await this.#job.pool.place(this.#need(node, watcher), signal);
      if (this.#isShared(node)) this.#shared.set(node.step, link);
      try {
        const args = { ...this.#job.facts(), run, node: node.id, crashes: crashes.list() };
        const state = (await link.ask("place", args as unknown as JsonObject)) as unknown as RunState;
        const report = state.task as NonNullable<RunState["task"]>;
        task = new RemoteTask({ id: node.id, run, link, crashes, onIdle }, report);
        task.onState(state);
        this.#latest.set(node.id, task);
        if (this.#told.has(node.id) && !task.loopEnded) task.tellLoop(true); // an earlier one may not have committed it
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

  #need(node: TaskNode, watcher: RunWatcher): PlacementNeed {
    const { module, digest } = this.#job.facts();
    const { label } = this.#step(node);
    const need = { node: node.id, step: node.step, module, digest, label, watcher };
    if (this.#fronts.has(node.id)) return { ...need, beside: () => this.#job.hosts.get(node.id) };
    return this.#isShared(node) ? { ...need, near: this.#shared.get(node.step) } : need;
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
      end: () => {
        this.#told.add(id);
        latest.get(id)?.tellLoop(true);
      },
      forgetEnd: () => {
        this.#told.delete(id);
        latest.get(id)?.tellLoop(false);
      },
    };
  }
}
