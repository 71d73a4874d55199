import { reasonOf, SageError } from "../errors/sage-error.ts";
import type { CompiledPipeline } from "../graph/compile.ts";
import type { StepNode, TaskNode } from "../graph/execution-graph.ts";
import type { StepRuntime } from "../graph/transformation.ts";
import type { Host } from "../host/host.ts";
import type { MaybePromise } from "../host/maybe-promise.ts";

import { FunctionOperator } from "../operator/function-operator.ts";
import type { LoopCache } from "../operator/loop-cache.ts";
import type { Operator } from "../operator/operator.port.ts";
import { PassOperator } from "../operator/pass-operator.ts";
import type { Plugin } from "../operator/plugin.ts";
import { PluginOperator } from "../operator/plugin-operator.ts";
import type { PolledSource } from "../operator/replayable-source.ts";
import { StagingOperator } from "../operator/staging-operator.ts";
import { TimedOperator } from "../operator/timed-operator.ts";
import type { StagedSink } from "../operator/transactional-sink.ts";
import type { ServiceManager } from "../service/service-manager.ts";
import type { TaskProgress } from "../state/commit.port.ts";
import type { DeadLetterSink } from "../state/dead-letter.ts";
import type { Gathered } from "../state/gathered.ts";
import type { CommitScope, StateStore } from "../state/state-store.port.ts";
import type { FaultRules } from "../task/on-error.ts";
import type { BatchLimits } from "../task/pace.ts";
import { ReplayInbox } from "../task/replay-inbox.ts";
import { type Inbox, SourceInbox, sourceChannel } from "../task/source-inbox.ts";
import type { TaskSpec } from "../task/task.port.ts";
import { TaskInbox } from "../task/task-inbox.ts";
import type { JobRequests } from "./job-requests.ts";
import type { JobWiring } from "./job-wiring.ts";

/** What the tasks of one job are made of. */
export interface SpecScope {
  readonly job: string;
  readonly pipeline: CompiledPipeline;
  /** The machine, with the job's log. */
  readonly host: Host;
  /** What its tasks have committed. */
  readonly store: StateStore;
  readonly deadLetters: DeadLetterSink;
  /** Calls services. */
  readonly services: ServiceManager;
  /** The requests that the pipeline is called with. */
  readonly requests: JobRequests;
  readonly limits: BatchLimits;
  /** Whether a restarted task gives up what it had taken instead of doing it again. */
  readonly atMostOnce: boolean;
  /** The runtime's copies of hot loops. */
  readonly loops: LoopCache;
  /** Where the `collect` step with this id puts its records. */
  readonly resultsOf: (step: string) => Gathered;
}

/** What a task keeps through its incarnations, beside its input. */
export type TaskLife = Pick<TaskSpec, "crashes" | "stats" | "onIdle">;

/** Puts together what each task of a job is made of. */
export class TaskSpecs {
  readonly #scope: SpecScope;
  readonly #wiring: JobWiring;
  readonly #steps: ReadonlyMap<string, StepNode>;
  readonly #runtimes: ReadonlyMap<string, StepRuntime>;

  /** Tasks that have had an incarnation. */
  readonly #created = new Set<string>();

  /** @throws what opening a source throws. */
  constructor(scope: SpecScope, wiring: JobWiring) {
    const { pipeline, host, loops, requests } = scope;
    const print = (label: string, record: unknown): void => host.printer.print(label, record);
    this.#scope = scope;
    this.#wiring = wiring;
    this.#steps = new Map(pipeline.graph.steps.map((step) => [step.id, step]));
    this.#runtimes = new Map(
      [...pipeline.functions.runtimes].map(([id, create]) => [id, create({ loops, print, requests })]),
    );
  }

  /** The input of a task, which outlives its incarnations. */
  async inbox(node: TaskNode): Promise<TaskInbox> {
    const { host } = this.#scope;
    const { clock, scheduler } = host;
    const { createReader, createSource } = this.#runtimes.get(node.step) as StepRuntime;
    if (createSource !== undefined) return new TaskInbox(noInput, scheduler);
    if (createReader === undefined) {
      return new TaskInbox(await this.#wiring.inbox(node), scheduler, this.#scope.atMostOnce);
    }
    const { parallelism } = this.#step(node);
    const reader = createReader(node.index, parallelism, { clock, scheduler });
    return new TaskInbox(new SourceInbox(node.id, reader, clock), scheduler);
  }

  /** The next incarnation of a task; `onIdle` is for tasks of a feedback loop. */
  async create(node: TaskNode, inbox: TaskInbox, life: TaskLife): Promise<TaskSpec> {
    const { job, pipeline, host, store, deadLetters, services, requests, limits, resultsOf } = this.#scope;
    const step = this.#step(node);
    const collects = step.kind === "collect";
    const commit = await store.open({
      node: node.id,
      input: inbox,
      deadLetters,
      ...(collects ? gathering(resultsOf(step.id), node.index) : {}),
    });
    const { restored } = commit;
    const operator = await this.#createOperator(node, inbox, restored);
    // A store that has lost incarnations counts them again.
    const again = (commit.epoch > 1 || this.#created.has(node.id)) && !this.#isReplayable(node);
    this.#created.add(node.id);
    const givenUp = again ? inbox.taken?.copy() : undefined;
    if (again) await inbox.rewind(restored.position);
    life.crashes.forget(restored.received);
    return {
      id: node.id,
      job,
      step: step.id,
      index: node.index,
      parallelism: step.parallelism,
      seesKeys: step.keyed,
      keyed: step.emitsKeys,
      strategies: this.#wiring.strategies(node),
      operator,
      collects,
      sink: sinkOf(operator),
      inbox,
      givenUp,
      channels: this.#channels(node),
      router: await this.#wiring.router(node, restored.sent),
      commit,
      services,
      requests: requests.any ? requests : undefined,
      faults: pipeline.functions.faults.get(step.id) as FaultRules,
      concurrency: step.concurrency,
      ordered: step.ordered,
      timeoutMs: step.timeoutMs ?? undefined,
      limits,
      host,
      ...life,
    };
  }

  /** Ends what a task keeps through its incarnations; no other follows. */
  release(node: TaskNode): MaybePromise<void> {
    return this.#runtimes.get(node.step)?.release?.(node.index);
  }

  #step(node: TaskNode): StepNode {
    return this.#steps.get(node.step) as StepNode;
  }

  #channels(node: TaskNode): TaskSpec["channels"] {
    if (node.inbox !== null) return this.#wiring.channels(node);
    return [{ channel: sourceChannel, inputIndex: 0, source: node.id }];
  }

  #isReplayable(node: TaskNode): boolean {
    return this.#runtimes.get(node.step)?.createSource !== undefined;
  }

  /** A fresh operator for the next incarnation of a task. */
  async #createOperator(node: TaskNode, inbox: TaskInbox, restored: TaskProgress): Promise<Operator> {
    const runtime = this.#runtimes.get(node.step) as StepRuntime;
    const { plugins } = this.#scope.pipeline.functions;
    try {
      if (runtime.createSource !== undefined) {
        const source = runtime.createSource(node.index, this.#step(node).parallelism);
        return await this.#read(node, source, inbox, restored);
      }
      return around(runtime.createOperator(node.index), plugins.get(node.step));
    } catch (error) {
      const facts = { node: node.id, phase: "its constructor", reason: reasonOf(error) };
      throw new SageError("OPERATOR_FAILED", facts, { cause: error });
    }
  }

  /** The operator of a source that can be read again: its input goes on where the last commit stands. */
  async #read(
    node: TaskNode,
    source: PolledSource<unknown>,
    inbox: TaskInbox,
    { received, position }: TaskProgress,
  ): Promise<Operator> {
    const { clock, scheduler, logger } = this.#scope.host;
    const { idleMs = defaultIdleMs } = this.#runtimes.get(node.step) as StepRuntime;
    const input = new ReplayInbox({
      node: node.id,
      source,
      index: node.index,
      parallelism: this.#step(node).parallelism,
      committed: received.records(sourceChannel),
      position,
      idleMs,
      clock,
      scheduler,
      onAcknowledgeError: (error) =>
        logger.warn(() => `Acknowledging to the source of "${node.id}" failed: ${reasonOf(error)}`, {
          error,
        }),
    });
    await inbox.renew(input);
    return replayOperator(source, input);
  }
}

/** How long to wait before a source that had nothing is asked again, in ms. */
const defaultIdleMs = 10;

/** The input of a source before its first incarnation. */
const noInput: Inbox = {
  take: () => ({ batches: [], position: null, done: true }),
  advance: () => undefined,
  positionAfter: ({ position }) => position,
  rewind: () => undefined,
  close: () => undefined,
};

/** Passes on what the input reads; opens the user's source before it, and closes it behind the last acknowledgement. */
function replayOperator(source: PolledSource<unknown>, input: ReplayInbox): Operator {
  let opened = false;
  return new PassOperator(true, {
    async open(ctx) {
      await source.open?.(ctx);
      await input.open();
      opened = true;
    },
    async close() {
      if (opened) await input.acknowledged();
      await source.close?.();
    },
  });
}

/** An operator with what belongs around it: plug-ins, and outside of them its timers. */
function around(operator: Operator, plugins: readonly Plugin[] | undefined): Operator {
  const plugged = plugins === undefined ? operator : new PluginOperator(operator, plugins);
  const onTimer = operator instanceof FunctionOperator ? operator.onTimer : undefined;
  return onTimer === undefined ? plugged : new TimedOperator(plugged, onTimer);
}

/** The user's sink where a step is a transactional one; plug-ins are around its records, not around its phases. */
function sinkOf(operator: Operator): StagedSink<unknown> | undefined {
  const inner = operator instanceof PluginOperator ? operator.inner : operator;
  return inner instanceof StagingOperator ? inner.sink : undefined;
}

function gathering(results: Gathered, index: number): Pick<CommitScope, "collect" | "recollect"> {
  return {
    collect: (records) => results.add(index, records),
    recollect: (records) => results.reset(index, records),
  };
}
