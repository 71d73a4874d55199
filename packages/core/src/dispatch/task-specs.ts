import { reasonOf, SageError } from "../errors/sage-error.ts";
import type { CompiledPipeline } from "../graph/compile.ts";
import type { StepNode, TaskNode } from "../graph/execution-graph.ts";
import type { StepRuntime } from "../graph/transformation.ts";
import type { Host } from "../host/host.ts";
import type { LoopCache } from "../operator/loop-cache.ts";
import type { Operator } from "../operator/operator.port.ts";
import { PluginOperator } from "../operator/plugin-operator.ts";
import type { CommitFactory } from "../state/commit.port.ts";
import type { DeadLetterSink } from "../state/dead-letter.ts";
import type { FaultRules } from "../task/on-error.ts";
import type { BatchLimits } from "../task/pace.ts";
import { SourceInbox, sourceChannel } from "../task/source-inbox.ts";
import type { TaskSpec } from "../task/task.port.ts";
import type { JobWiring } from "./job-wiring.ts";

/** What the tasks of one job are made of. */
export interface SpecScope {
  readonly job: string;
  readonly pipeline: CompiledPipeline;
  /** The machine, with the job's log. */
  readonly host: Host;
  readonly commits: CommitFactory;
  readonly deadLetters: DeadLetterSink;
  readonly limits: BatchLimits;
  /** The runtime's copies of hot loops. */
  readonly loops: LoopCache;
  /** Where the `collect` step with this id puts its records. */
  readonly resultsOf: (step: string) => unknown[];
}

/** Puts together what each task of a job is made of. */
export class TaskSpecs {
  readonly #scope: SpecScope;
  readonly #wiring: JobWiring;
  readonly #steps: ReadonlyMap<string, StepNode>;
  readonly #runtimes: ReadonlyMap<string, StepRuntime>;

  /** @throws what opening a source throws. */
  constructor(scope: SpecScope, wiring: JobWiring) {
    const { pipeline, host, loops, resultsOf } = scope;
    const print = (label: string, record: unknown): void => host.printer.print(label, record);
    this.#scope = scope;
    this.#wiring = wiring;
    this.#steps = new Map(pipeline.graph.steps.map((step) => [step.id, step]));
    this.#runtimes = new Map(
      [...pipeline.functions.runtimes].map(([id, create]) => [
        id,
        create({ loops, results: resultsOf(id), print }),
      ]),
    );
  }

  /** The specification of a task; `onIdle` is for tasks of a feedback loop. */
  async create(node: TaskNode, onIdle: (() => void) | undefined): Promise<TaskSpec> {
    const { job, pipeline, host, commits, deadLetters, limits } = this.#scope;
    const step = this.#steps.get(node.step) as StepNode;
    const operator = this.#createOperator(node);
    return {
      id: node.id,
      job,
      step: step.id,
      index: node.index,
      parallelism: step.parallelism,
      keyed: step.emitsKeys,
      strategies: this.#wiring.strategies(node),
      operator,
      ...(await this.#input(node, step)),
      router: await this.#wiring.router(node),
      commits,
      deadLetters,
      faults: pipeline.functions.faults.get(step.id) as FaultRules,
      concurrency: step.concurrency,
      ordered: step.ordered,
      timeoutMs: step.timeoutMs ?? undefined,
      limits,
      host,
      ...(onIdle === undefined ? {} : { onIdle }),
    };
  }

  async #input(node: TaskNode, step: StepNode): Promise<Pick<TaskSpec, "inbox" | "channels">> {
    const { clock, scheduler } = this.#scope.host;
    const runtime = this.#runtimes.get(node.step) as StepRuntime;
    if (runtime.createReader === undefined) {
      return { inbox: await this.#wiring.inbox(node), channels: this.#wiring.channels(node) };
    }
    const reader = runtime.createReader(node.index, step.parallelism, { clock, scheduler });
    return {
      inbox: new SourceInbox(node.id, reader, clock),
      channels: [{ channel: sourceChannel, inputIndex: 0, source: node.id }],
    };
  }

  #createOperator(node: TaskNode): Operator {
    const runtime = this.#runtimes.get(node.step) as StepRuntime;
    const plugins = this.#scope.pipeline.functions.plugins.get(node.step);
    try {
      const operator = runtime.createOperator(node.index);
      return plugins === undefined ? operator : new PluginOperator(operator, plugins);
    } catch (error) {
      const facts = { node: node.id, phase: "its constructor", reason: reasonOf(error) };
      throw new SageError("OPERATOR_FAILED", facts, { cause: error });
    }
  }
}
