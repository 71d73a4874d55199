import type { BuildProblem } from "../src/errors/build-problem.ts";
import { hasCode } from "../src/errors/sage-error.ts";
import { type CompileInput, compile } from "../src/graph/compile.ts";
import type { QueuePlan } from "../src/graph/queue-plan.ts";
import type { DeclaredService } from "../src/graph/service-declaration.ts";
import type {
  FutureOutput,
  FutureSlot,
  StepKind,
  StepOutput,
  Transformation,
  Upstream,
} from "../src/graph/transformation.ts";
import type { PartitionerFactory } from "../src/routing/partitioner.port.ts";

/** Declares steps one by one, as an environment does. */
export class Pipeline {
  readonly environment = {};
  readonly steps: Transformation[] = [];
  readonly futures: FutureSlot[] = [];
  readonly services: DeclaredService[] = [];
  readonly partitioners = new Map<string, PartitionerFactory>();
  readonly name: string;

  constructor(name = "orders") {
    this.name = name;
  }

  /** A step with one input, which all these feed. */
  add(
    kind: StepKind,
    inputs: readonly (Transformation | Upstream)[],
    options: object = {},
    more: Partial<Transformation> = {},
  ): Transformation {
    return this.combine(kind, inputs.length === 0 ? [] : [inputs], options, more);
  }

  /** A step with several inputs. */
  combine(
    kind: StepKind,
    inputs: readonly (readonly (Transformation | Upstream)[])[],
    options: object = {},
    more: Partial<Transformation> = {},
  ): Transformation {
    const upstreams = inputs.map((input) => input.map(upstreamOf));
    const keyed = kind === "keyBy" || (upstreams.length > 0 && upstreams.flat().every(isKeyed));
    const step: Transformation = {
      environment: this.environment,
      ordinal: this.steps.length + 1,
      kind,
      options,
      inputs: upstreams,
      keyed,
      strategy: keyed ? "hash" : "round-robin",
      createRuntime: () => ({ createOperator: () => ({}) as never }),
      ...more,
    };
    this.steps.push(step);
    return step;
  }

  /** A future and the upstream that reads it. */
  future(name: string, maxLoopRecords = 100): { readonly slot: FutureSlot; readonly output: FutureOutput } {
    const slot: FutureSlot = { environment: this.environment, name, maxLoopRecords, fills: [] };
    this.futures.push(slot);
    return { slot, output: { future: slot, shared: false } };
  }

  chain(...steps: readonly (readonly [StepKind, object?])[]): this {
    let up: Transformation[] = [];
    for (const [kind, options] of steps) up = [this.add(kind, up, options)];
    return this;
  }

  compile(more: Partial<CompileInput> = {}) {
    return compile({ ...this.scope, plugins: [], ...more });
  }

  problems(): readonly BuildProblem[] {
    try {
      this.compile();
      return [];
    } catch (error) {
      if (hasCode(error, "GRAPH_INVALID")) return error.details.problems as unknown as BuildProblem[];
      throw error;
    }
  }

  /** Which node has which problem. */
  reasons(): string[] {
    return this.problems().map(({ node, reason }) => `${node} ${reason}`);
  }

  get scope() {
    const { environment, name, steps, futures, services, partitioners } = this;
    return { environment, name, steps, futures, services, problems: [], partitioners, queues: localQueues };
  }
}

/** All queues are of one kind. */
export const localQueues: QueuePlan = { kind: "local", kinds: new Map(), capacityOf: () => 1024 };

/** The records of a step. */
export const recordsOf = (step: Transformation): StepOutput => ({ step, output: "records", shared: false });
/** The dead letters of a step. */
export const lettersOf = (step: Transformation): StepOutput => ({
  step,
  output: "deadLetters",
  shared: false,
});

function upstreamOf(input: Transformation | Upstream): Upstream {
  return "kind" in input ? recordsOf(input) : input;
}

function isKeyed(upstream: Upstream): boolean {
  return "step" in upstream && upstream.output === "records" && upstream.step.keyed;
}
