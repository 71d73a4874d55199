import { SageError } from "../errors/sage-error.ts";
import type { Plugin } from "../operator/plugin.ts";
import type { Partitioner, PartitionerFactory } from "../routing/partitioner.port.ts";
import type { ResilienceOptions } from "../service/resilience.ts";
import { type FaultRules, faultRules } from "../task/on-error.ts";
import type { RestartStrategy } from "../task/restart-strategy.ts";
import { compileServices } from "./compile-services.ts";
import type { ChannelNode, EdgeNode, ExecutionGraph, StepNode, TaskNode } from "./execution-graph.ts";
import { analyseLoops, type LoopNode } from "./loops.ts";
import { queueKindOf } from "./queue-plan.ts";
import { type ResolvedUpstream, resolveUpstream } from "./resolve-upstream.ts";
import { creatorOf } from "./service-declaration.ts";
import type { PartitionerOption } from "./step-options.ts";
import { isKeyed, type StepRuntimeFactory, seesKeys, stepId, type Transformation } from "./transformation.ts";
import { type ValidationScope, validate } from "./validate.ts";

/** The functions of a service. */
export interface ServiceFunctions {
  /** Makes its objects; `undefined` where a pipeline answers its calls. */
  readonly create: (() => unknown) | undefined;
  /** What is around its calls. */
  readonly resilience: ResilienceOptions;
}

/** The functions of a pipeline: the part of it that is no JSON. */
export interface FunctionTable {
  /** What tells the environment from others. */
  readonly owner: object;
  /** How to make each step's runtime, by step id. */
  readonly runtimes: ReadonlyMap<string, StepRuntimeFactory>;
  /** Custom partitioners, by the id of the step whose input they spread. */
  readonly partitioners: ReadonlyMap<string, PartitionerFactory>;
  /** What a failing record does, by step id. */
  readonly faults: ReadonlyMap<string, FaultRules>;
  /** When failed tasks are restarted, by the id of the steps that say so. */
  readonly restarts: ReadonlyMap<string, RestartStrategy>;
  /** How to make an instance of each service, and what is around its calls, by its name. */
  readonly services: ReadonlyMap<string, ServiceFunctions>;
  /** Plug-ins, by step id, the first one outermost. */
  readonly plugins: ReadonlyMap<string, readonly Plugin[]>;
}

/** What a pipeline compiles to. */
export interface CompiledPipeline {
  readonly graph: ExecutionGraph;
  readonly functions: FunctionTable;
}

/** What is compiled. */
export interface CompileInput extends ValidationScope {
  readonly partitioners: ReadonlyMap<string, PartitionerFactory>;
  /** Plug-ins of every step, outside of the step's own. */
  readonly plugins: readonly Plugin[];
}

/**
 * Compiles a declared pipeline, in time linear in its channels.
 *
 * @throws SageError `GRAPH_INVALID` with all problems at once.
 */
export function compile(input: CompileInput): CompiledPipeline {
  const problems = validate(input);
  if (problems.length > 0) throw new SageError("GRAPH_INVALID", { pipeline: input.name, problems });
  const steps = input.steps.map(compileStep);
  const { edges, loops } = compileEdges(input);
  const graph: ExecutionGraph = {
    version: 1,
    name: input.name,
    steps,
    edges,
    loops,
    tasks: input.steps.flatMap((step, i) => compileTasks(step, steps[i] as StepNode, loops, input)),
    channels: compileChannels(steps, edges),
    services: compileServices(input.services, (service) => queueKindOf(input.queues, input.name, service)),
  };
  return { graph, functions: compileFunctions(input) };
}

function compileFunctions(input: CompileInput): FunctionTable {
  const { environment, steps, partitioners, plugins, services } = input;
  const byId = <T>(value: (step: Transformation) => T | undefined): Map<string, T> =>
    new Map(
      steps.flatMap((step): [string, T][] => {
        const found = value(step);
        return found === undefined ? [] : [[stepId(step), found]];
      }),
    );
  return {
    owner: environment,
    runtimes: byId((step) => step.createRuntime),
    partitioners: byId((step) => customPartitioner(step.options.partitioner, partitioners)),
    faults: byId((step) => faultRules(step.options.onError ?? "fail")),
    restarts: byId((step) => step.options.restart),
    services: new Map(
      services.map(({ name, source, options }) => [name, { create: creatorOf(source), resilience: options }]),
    ),
    plugins: byId((step) => {
      const own = (step.options.plugins ?? []) as readonly Plugin[];
      return step.kind === "source" || plugins.length + own.length === 0 ? undefined : [...plugins, ...own];
    }),
  };
}

function compileStep(step: Transformation): StepNode {
  const {
    parallelism = 1,
    onError = "fail",
    concurrency = 1,
    ordered = true,
    timeoutMs,
    placement,
  } = step.options;
  const { retryable: _, ...faults } = faultRules(onError);
  return {
    id: stepId(step),
    kind: step.kind,
    parallelism,
    keyed: seesKeys(step),
    emitsKeys: step.keyed,
    faults,
    guarantee: step.guarantee ?? null,
    concurrency,
    ordered,
    timeoutMs: timeoutMs ?? null,
    ...(placement === undefined ? {} : { label: placement.label }),
  };
}

function compileTasks(
  step: Transformation,
  node: StepNode,
  loops: readonly LoopNode[],
  input: CompileInput,
): TaskNode[] {
  const kind = queueKindOf(input.queues, input.name, node.id);
  const capacity = step.options.queueCapacity ?? input.queues.capacityOf(kind);
  const loop = loops.find(({ heads }) => heads.includes(node.id));
  return Array.from({ length: node.parallelism }, (_, index) => {
    const id = `${node.id}#${index}`;
    return {
      id,
      step: node.id,
      index,
      inbox: step.inputs.length === 0 ? null : { kind, id, capacity },
      loopInbox: loop === undefined ? null : { kind, id: `${id}/loop`, capacity: loop.maxRecords },
    };
  });
}

function compileEdges({ steps, partitioners }: CompileInput): {
  edges: EdgeNode[];
  loops: readonly LoopNode[];
} {
  const found = steps.flatMap((step) =>
    step.inputs.flatMap((upstreams, inputIndex) =>
      upstreams
        .flatMap((upstream) => resolveUpstream(upstream))
        .map((upstream) => ({ upstream, step, inputIndex, from: stepId(upstream.step), to: stepId(step) })),
    ),
  );
  const { loops, loopOf, feedback } = analyseLoops(
    steps.map(stepId),
    found.map(({ from, to, upstream }) => ({ from, to, future: upstream.future })),
  );
  const edges = found.map(({ upstream, step, inputIndex, from, to }, i): EdgeNode => {
    const keyed = seesKeys(step);
    return {
      from,
      to,
      inputIndex,
      strategy: strategyOf(step, upstream, keyed, partitioners),
      keyed,
      output: upstream.output,
      shared: upstream.shared,
      loop: loopOf[i] ?? null,
      feedback: feedback[i] as boolean,
    };
  });
  return { edges, loops };
}

function strategyOf(
  step: Transformation,
  upstream: ResolvedUpstream,
  keyed: boolean,
  registered: ReadonlyMap<string, PartitionerFactory>,
): string {
  const option = step.options.partitioner;
  if (typeof option === "string") return option;
  if (customPartitioner(option, registered) !== undefined) return "custom";
  return keyed && isKeyed(upstream) ? upstream.step.strategy : "round-robin";
}

function compileChannels(steps: readonly StepNode[], edges: readonly EdgeNode[]): ChannelNode[] {
  const parallelism = new Map(steps.map((step) => [step.id, step.parallelism]));
  const channels: ChannelNode[] = [];
  edges.forEach(({ from, to }, edge) => {
    const senders = parallelism.get(from) as number;
    const receivers = parallelism.get(to) as number;
    for (let s = 0; s < senders; s++) {
      for (let r = 0; r < receivers; r++) {
        channels.push({ id: channels.length, edge, from: `${from}#${s}`, to: `${to}#${r}` });
      }
    }
  });
  return channels;
}

function customPartitioner(
  option: PartitionerOption<never> | undefined,
  registered: ReadonlyMap<string, PartitionerFactory>,
): PartitionerFactory | undefined {
  if (option === undefined) return undefined;
  if (typeof option === "string") return registered.get(option);
  if (typeof option === "function") {
    const partitioner = { select: option } as unknown as Partitioner;
    return () => partitioner;
  }
  return () => option.create() as unknown as Partitioner;
}
