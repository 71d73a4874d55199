import { SageError } from "../errors/sage-error.ts";
import type { Partitioner, PartitionerFactory } from "../routing/partitioner.port.ts";
import type { ChannelNode, EdgeNode, ExecutionGraph, StepNode, TaskNode } from "./execution-graph.ts";
import type { PartitionerOption } from "./step-options.ts";
import { type StepRuntimeFactory, stepId, type Transformation } from "./transformation.ts";
import { type ValidationScope, validate } from "./validate.ts";

/** The functions of a pipeline: the part of it that is no JSON. */
export interface FunctionTable {
  /** What tells the environment from others. */
  readonly owner: object;
  /** How to make each step's runtime, by step id. */
  readonly runtimes: ReadonlyMap<string, StepRuntimeFactory>;
  /** Custom partitioners, by the id of the step whose input they spread. */
  readonly partitioners: ReadonlyMap<string, PartitionerFactory>;
}

/** What a pipeline compiles to. */
export interface CompiledPipeline {
  readonly graph: ExecutionGraph;
  readonly functions: FunctionTable;
}

/** What is compiled. */
export interface CompileInput extends ValidationScope {
  readonly partitioners: ReadonlyMap<string, PartitionerFactory>;
  /** Descriptor kind of the inboxes. */
  readonly queueKind: string;
  /** Capacity of the inboxes of steps that do not say, in records. */
  readonly queueCapacity: number;
}

/**
 * Compiles a declared pipeline, in time linear in its channels.
 *
 * @throws SageError `GRAPH_INVALID` with all problems at once.
 */
export function compile(input: CompileInput): CompiledPipeline {
  const problems = validate(input);
  if (problems.length > 0) throw new SageError("GRAPH_INVALID", { pipeline: input.name, problems });
  const partitioners = new Map<string, PartitionerFactory>();
  const steps: StepNode[] = [];
  const edges: EdgeNode[] = [];
  const tasks: TaskNode[] = [];
  for (const step of input.steps) {
    const node = compileStep(step);
    steps.push(node);
    tasks.push(...compileTasks(step, node, input));
    const custom = customPartitioner(step.options.partitioner, input.partitioners);
    if (custom !== undefined) partitioners.set(node.id, custom);
    edges.push(...compileEdges(step, custom !== undefined));
  }
  const graph: ExecutionGraph = {
    version: 1,
    name: input.name,
    steps,
    edges,
    tasks,
    channels: compileChannels(steps, edges),
    services: [],
  };
  const runtimes = new Map(input.steps.map((step) => [stepId(step), step.createRuntime]));
  return { graph, functions: { owner: input.environment, runtimes, partitioners } };
}

function compileStep(step: Transformation): StepNode {
  const { parallelism = 1, onError = "fail", concurrency = 1 } = step.options;
  return { id: stepId(step), kind: step.kind, parallelism, keyed: isKeyed(step), onError, concurrency };
}

function isKeyed(step: Transformation): boolean {
  const upstreams = step.inputs.flat();
  return upstreams.length > 0 && upstreams.every((up) => up.keyed);
}

function compileTasks(step: Transformation, node: StepNode, input: CompileInput): TaskNode[] {
  const kind = input.queueKind;
  const capacity = step.options.queueCapacity ?? input.queueCapacity;
  return Array.from({ length: node.parallelism }, (_, index) => {
    const id = `${node.id}#${index}`;
    return { id, step: node.id, index, inbox: step.inputs.length === 0 ? null : { kind, id, capacity } };
  });
}

function compileEdges(step: Transformation, custom: boolean): EdgeNode[] {
  const keyed = isKeyed(step);
  const to = stepId(step);
  return step.inputs.flatMap((upstreams, inputIndex) =>
    upstreams.map((up) => {
      const byDefault = keyed ? up.strategy : "round-robin";
      const option = step.options.partitioner;
      const strategy = typeof option === "string" ? option : custom ? "custom" : byDefault;
      return { from: stepId(up), to, inputIndex, strategy, keyed };
    }),
  );
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
