import { reasonOf, SageError } from "../errors/sage-error.ts";
import type { CompiledPipeline } from "../graph/compile.ts";
import type { StepNode, TaskNode } from "../graph/execution-graph.ts";
import type { StepRuntime } from "../graph/transformation.ts";
import type { Host } from "../host/host.ts";
import type { LoopCache } from "../operator/loop-cache.ts";
import type { DriverRegistry } from "../queue/driver-registry.ts";
import { QueueHandles } from "../queue/queue-handles.ts";
import type { CommitFactory } from "../state/commit.port.ts";
import type { DeadLetterSink } from "../state/dead-letter.ts";
import type { BatchLimits } from "../task/pace.ts";
import { SourceInbox, sourceChannel } from "../task/source-inbox.ts";
import type { Task, TaskFactory, TaskOutcome, TaskReport, TaskSpec } from "../task/task.port.ts";
import { JobWiring } from "./job-wiring.ts";

/** What a dispatcher works with. */
export interface DispatchScope {
  readonly job: string;
  readonly pipeline: CompiledPipeline;
  readonly host: Host;
  readonly drivers: DriverRegistry;
  readonly tasks: TaskFactory;
  readonly commits: CommitFactory;
  readonly deadLetters: DeadLetterSink;
  readonly limits: BatchLimits;
  /** The runtime's copies of hot loops. */
  readonly loops: LoopCache;
  /** Where the `collect` step with this id puts its records. */
  readonly resultsOf: (step: string) => unknown[];
}

/** For one job: creates its tasks through the factory, opens, starts, watches and stops them, and cleans up. */
export class Dispatcher {
  readonly #scope: DispatchScope;
  readonly #handles: QueueHandles;
  readonly #tasks: Task[] = [];
  readonly #abandoned: Promise<never>;
  #abandon!: (reason: unknown) => void;

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
      await this.release();
      throw error;
    }
  }

  /** Makes a deployment that is under way fail with this reason, even while an `open` does not settle. */
  abandon(reason: unknown): void {
    this.#abandon(reason);
  }

  /** Starts all tasks. Resolves when every one has ended and all queues are closed. */
  async run(): Promise<TaskOutcome> {
    let first: TaskOutcome | undefined;
    const ends = this.#tasks.map((task) =>
      task.done.then((outcome) => {
        if (outcome.state !== "failed") return outcome;
        if (first === undefined) {
          first = outcome;
          this.cancel();
        } else {
          const { error } = outcome;
          const { job, host } = this.#scope;
          host.logger.error(() => `Another task failed too: ${reasonOf(error)}`, {
            job,
            task: task.id,
            error,
          });
        }
        return outcome;
      }),
    );
    for (const task of this.#tasks) task.start();
    const outcomes = await Promise.all(ends);
    await this.#handles.close();
    if (first !== undefined) return first;
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

  /** How the tasks stand. */
  report(): TaskReport[] {
    return this.#tasks.map((task) => task.report());
  }

  /** Closes everything of a deployment that was never run. */
  async release(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.cancel()));
    await this.#handles.close();
  }

  async #createTasks(): Promise<void> {
    const { job, pipeline, host, tasks, loops, resultsOf } = this.#scope;
    const { graph, functions } = pipeline;
    const wiring = new JobWiring(job, graph, functions, this.#handles, host.logger.child({ job }));
    const steps = new Map(graph.steps.map((step) => [step.id, step]));
    const runtimes = new Map<string, StepRuntime>();
    for (const [id, create] of functions.runtimes)
      runtimes.set(id, create({ loops, results: resultsOf(id) }));
    for (const node of graph.tasks) {
      const spec = await this.#spec(
        node,
        steps.get(node.step) as StepNode,
        runtimes.get(node.step) as StepRuntime,
        wiring,
      );
      this.#tasks.push(await tasks.create(spec));
    }
  }

  async #spec(node: TaskNode, step: StepNode, runtime: StepRuntime, wiring: JobWiring): Promise<TaskSpec> {
    const { job, host, commits, deadLetters, limits } = this.#scope;
    const { clock, scheduler } = host;
    const isSource = runtime.createReader !== undefined;
    return {
      id: node.id,
      job,
      step: step.id,
      index: node.index,
      parallelism: step.parallelism,
      operator: this.#createOperator(node, runtime),
      inbox: isSource
        ? new SourceInbox(
            node.id,
            runtime.createReader(node.index, step.parallelism, scheduler),
            clock,
            scheduler,
          )
        : await wiring.inbox(node),
      channels: isSource
        ? [{ channel: sourceChannel, inputIndex: 0, source: node.id }]
        : wiring.channels(node),
      router: await wiring.router(node),
      commits,
      deadLetters,
      onError: step.onError,
      concurrency: step.concurrency,
      limits,
      host,
    };
  }

  #createOperator(node: TaskNode, runtime: StepRuntime): TaskSpec["operator"] {
    try {
      return runtime.createOperator(node.index);
    } catch (error) {
      const facts = { node: node.id, phase: "its constructor", reason: reasonOf(error) };
      throw new SageError("OPERATOR_FAILED", facts, { cause: error });
    }
  }
}
