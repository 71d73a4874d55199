import { reasonOf } from "../errors/sage-error.ts";
import type { DriverRegistry } from "../queue/driver-registry.ts";
import { QueueHandles } from "../queue/queue-handles.ts";
import { LoopInbox } from "../task/loop-inbox.ts";
import type { Task, TaskFactory, TaskOutcome, TaskReport, TaskSpec } from "../task/task.port.ts";
import { JobWiring } from "./job-wiring.ts";
import { LoopWatch } from "./loop-watch.ts";
import { type SpecScope, TaskSpecs } from "./task-specs.ts";

/** What a dispatcher works with. */
export interface DispatchScope extends SpecScope {
  readonly drivers: DriverRegistry;
  readonly tasks: TaskFactory;
  /** Whether records are refused that could not cross a process. */
  readonly strictPayloads: boolean;
}

/** How long a failed deployment may take to close what was opened, in ms. */
const releaseTimeoutMs = 1000;

/** For one job: creates its tasks through the factory, opens, starts, watches and stops them, and cleans up. */
export class Dispatcher {
  readonly #scope: DispatchScope;
  readonly #handles: QueueHandles;
  readonly #tasks: Task[] = [];
  readonly #watches: LoopWatch[] = [];
  readonly #abandoned: Promise<never>;
  #abandon!: (reason: unknown) => void;
  #failure: TaskOutcome | undefined;

  constructor(scope: DispatchScope) {
    this.#abandoned = new Promise((_, reject) => {
      this.#abandon = reject;
    });
    this.#abandoned.catch(() => undefined);
    this.#scope = scope;
    this.#handles = new QueueHandles(scope.drivers);
  }

  /**
   * Creates all tasks and opens their operators, downstream first. When anything fails, everything is released.
   *
   * @throws SageError `OPERATOR_FAILED` with the cause, or what a driver or a source throws.
   */
  async deploy(): Promise<void> {
    try {
      await this.#createTasks();
      for (const task of [...this.#tasks].reverse()) await Promise.race([task.open(), this.#abandoned]);
    } catch (error) {
      await this.#releaseInTime();
      throw error;
    }
  }

  /** Makes a deployment that is under way fail with this reason, even while an `open` does not settle. */
  abandon(reason: unknown): void {
    this.#abandon(reason);
  }

  /** Starts all tasks. Resolves when every one has ended and all queues are closed. */
  async run(): Promise<TaskOutcome> {
    const ends = this.#tasks.map((task) =>
      task.done.then((outcome) => {
        if (outcome.state === "failed") this.#fail(outcome.error, task.id);
        for (const watch of this.#watches) watch.look();
        return outcome;
      }),
    );
    for (const task of this.#tasks) task.start();
    const outcomes = await Promise.all(ends);
    await this.#handles.close().catch((error: unknown) => this.#fail(error, "its queues"));
    if (this.#failure !== undefined) return this.#failure;
    return { state: outcomes.every((o) => o.state === "completed") ? "completed" : "cancelled" };
  }

  /** Ends the sources; what they took still arrives. */
  drain(): void {
    for (const task of this.#tasks) task.drain();
  }

  /** Stops every task at once. */
  cancel(): void {
    for (const task of this.#tasks) void task.cancel();
  }

  /** Lets no task take a further record; resolves when nothing moves any more. */
  async pause(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.pause()));
  }

  /** Lets the tasks go on. */
  resume(): void {
    for (const task of this.#tasks) task.resume();
  }

  /** How the tasks stand. */
  report(): TaskReport[] {
    return this.#tasks.map((task) => task.report());
  }

  /** Closes everything of a deployment that was never run. */
  async release(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.cancel()));
    await this.#handles.close();
  }

  /** Releases a deployment that has failed, without waiting for user code that does not end. */
  async #releaseInTime(): Promise<void> {
    const { host, job } = this.#scope;
    const stop = new AbortController();
    const late = host.clock.sleep(releaseTimeoutMs, stop.signal).then(
      () => {
        const names = this.report().flatMap(({ id, waitsFor }) =>
          waitsFor ? [`${id} waits for ${waitsFor}`] : [],
        );
        host.logger.error(() => `What was deployed does not close: ${names.join("; ")}`, { job });
      },
      () => undefined,
    );
    await Promise.race([this.release(), late]);
    stop.abort();
  }

  /** The first failure ends the job; further ones go to the log. */
  #fail(error: unknown, task: string): void {
    if (this.#failure === undefined) {
      this.#failure = { state: "failed", error };
      this.cancel();
      return;
    }
    const { job, host } = this.#scope;
    host.logger.error(() => `Another task failed too: ${reasonOf(error)}`, { job, task, error });
  }

  async #createTasks(): Promise<void> {
    const { job, pipeline, host, tasks, strictPayloads } = this.#scope;
    const { graph, functions } = pipeline;
    const settings = { log: host.logger.child({ job }), strictPayloads };
    const wiring = new JobWiring({ job, graph, functions, handles: this.#handles, host, settings });
    const specs = new TaskSpecs(this.#scope, wiring);
    const created: TaskSpec[] = [];
    for (const node of graph.tasks) {
      const loop = graph.loops.findIndex(({ steps }) => steps.includes(node.step));
      const spec = await specs.create(node, loop < 0 ? undefined : () => this.#watches[loop]?.look());
      created.push(spec);
      this.#tasks.push(await tasks.create(spec));
    }
    for (let loop = 0; loop < graph.loops.length; loop++) this.#watches.push(this.#watch(loop, created));
  }

  #watch(loop: number, specs: readonly TaskSpec[]): LoopWatch {
    const { pipeline, host } = this.#scope;
    const { graph } = pipeline;
    const steps = new Set(graph.loops[loop]?.steps);
    const inside = specs.filter((spec) => steps.has(spec.step));
    const ids = new Set(inside.map((spec) => spec.id));
    return new LoopWatch({
      loop,
      graph,
      tasks: this.#tasks.filter((task) => ids.has(task.id)),
      heads: (graph.loops[loop]?.heads ?? []).map((head) =>
        inside.flatMap(({ step, inbox }) => (step === head && inbox instanceof LoopInbox ? [inbox] : [])),
      ),
      scheduler: host.scheduler,
      onError: (error) => this.#fail(error, `loop ${graph.loops[loop]?.name}`),
    });
  }
}
