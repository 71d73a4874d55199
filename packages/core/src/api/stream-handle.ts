import type { ServiceRef } from "../context/service-ref.ts";
import { describeValue, SageError } from "../errors/sage-error.ts";
import type { FoldOptions, KeyByOptions, OperatorOptions } from "../graph/step-options.ts";
import {
  type FutureSlot,
  type StepKind,
  stepId,
  type Transformation,
  type Upstream,
} from "../graph/transformation.ts";
import type { Collected } from "../job/collected.ts";
import { missingMethods } from "../operator/co-map-operator.ts";
import { distinctFilter } from "../operator/distinct.ts";
import {
  collectRecipe,
  coMapRecipe,
  filterRecipe,
  flatMapRecipe,
  joinRecipe,
  keyByRecipe,
  mapRecipe,
  type OperatorRecipe,
  printRecipe,
  processRecipe,
  reduceRecipe,
  replyRecipe,
  sinkRecipe,
  stagingRecipe,
  windowRecipe,
} from "../operator/operator-recipes.ts";
import type { WindowSpec } from "../operator/window-spec.ts";
import type { Declaration } from "./declaration.ts";
import { reduceProblem, sinkProblem, ttlProblem, windowProblem } from "./declaration-problems.ts";
import { declareStep, recordsOf, type StepDeclaration } from "./declare-step.ts";

type Options = OperatorOptions<never>;

/**
 * What stands behind all streams, keyed or not: their methods at run time. Which of them a stream has is a matter of
 * its type; a call that the types would refuse becomes a build problem.
 */
export class StreamHandle {
  readonly #declaration: Declaration;
  readonly #upstreams: readonly Upstream[];

  constructor(declaration: Declaration, upstreams: readonly Upstream[]) {
    this.#declaration = declaration;
    this.#upstreams = upstreams;
  }

  map(step: unknown, options?: Options): StreamHandle {
    return this.#next("map", mapRecipe(step), step, options);
  }

  filter(step: unknown, options?: Options): StreamHandle {
    return this.#next("filter", filterRecipe(step), step, options);
  }

  flatMap(step: unknown, options?: Options): StreamHandle {
    return this.#next("flatMap", flatMapRecipe(step), step, options);
  }

  process(step: unknown, options?: Options): StreamHandle {
    return this.#next("process", processRecipe(step), step, options);
  }

  keyBy(step: unknown, options: KeyByOptions<never> = {}): StreamHandle {
    const { strategy = "hash" } = options;
    return this.#next("keyBy", keyByRecipe(step), step, options, { keyed: true, strategy });
  }

  reduce(step: unknown, options: Options & Partial<FoldOptions<never, unknown>> = {}): StreamHandle {
    const { initial, emit = "each", ...rest } = options;
    const problem = reduceProblem(initial, emit);
    return this.#next("reduce", reduceRecipe(step, { initial, emit }), step, rest, { problem });
  }

  window(
    spec: unknown,
    step: unknown,
    options: Options & Partial<FoldOptions<never, unknown>> = {},
  ): StreamHandle {
    const { initial, ...rest } = options;
    const problem = windowProblem(spec, initial);
    const recipe = windowRecipe(step, spec as WindowSpec, initial as () => unknown);
    return this.#next("window", recipe, step, rest, { problem });
  }

  distinct({ ttlMs, ...options }: Options & { readonly ttlMs?: number } = {}): StreamHandle {
    const step = distinctFilter(ttlMs);
    return this.#next("distinct", filterRecipe(step), step, options, { problem: ttlProblem(ttlMs) });
  }

  union(...others: readonly StreamHandle[]): StreamHandle {
    return this.#stream([this, ...others].flatMap((stream) => upstreamsOf(stream)));
  }

  connect(...others: readonly StreamHandle[]): ConnectedHandle {
    return new ConnectedHandle(this.#declaration, [this, ...others].map(upstreamsOf));
  }

  join(right: StreamHandle, step: unknown, options?: Options): StreamHandle {
    return this.connect(right).join(step, options);
  }

  shared(): StreamHandle {
    return this.#stream(this.#upstreams.map((upstream) => ({ ...upstream, shared: true })));
  }

  deadLetters(): StreamHandle {
    const steps = this.#upstreams.flatMap((up) => ("step" in up && up.output === "records" ? [up.step] : []));
    return this.#stream(steps.map((step) => ({ step, output: "deadLetters", shared: false })));
  }

  fill(future: unknown): void {
    const slot = future instanceof FutureHandle ? future.slot : undefined;
    if (slot !== undefined) {
      slot.fills.push(this.#upstreams);
      return;
    }
    const first = this.#upstreams[0];
    this.#declaration.report({
      node: first !== undefined && "step" in first ? stepId(first.step) : "fill",
      reason: "NOT_A_FUTURE",
      message: "It fills a stream that is no future.",
      remedy: "Pass what env.fromFuture(name) returned.",
    });
  }

  sink(
    step: unknown,
    { idempotent = false, ...options }: Options & { readonly idempotent?: boolean } = {},
  ): this {
    const guarantee = idempotent === true ? "idempotent" : "plain";
    this.#next("sink", sinkRecipe(step), step, options, { guarantee });
    return this;
  }

  transactionalSink(step: unknown, options?: Options): this {
    const problem = sinkProblem(step);
    this.#declare("sink", stagingRecipe(step), options, { guarantee: "transactional", problem });
    return this;
  }

  reply(requests?: unknown, options?: Options): this {
    const service = requests instanceof RequestHandle ? requests.service.name : undefined;
    const problem = {
      reason: "NOT_REQUESTS",
      message: `It replies to ${describeValue(requests)}.`,
      remedy: "Pass what env.fromRequests(name) returned, or nothing.",
    };
    const more = { guarantee: "idempotent", answers: service } as const;
    const fine = requests === undefined || service !== undefined;
    this.#declare("reply", replyRecipe(service), options, fine ? more : { ...more, problem });
    return this;
  }

  print(label = "", options?: Options): this {
    const problem = {
      reason: "INVALID_LABEL",
      message: `Its label is ${describeValue(label)}.`,
      remedy: "Pass a string, and options behind it.",
    };
    const guarantee = "plain";
    const more = typeof label === "string" ? { guarantee } : { guarantee, problem };
    this.#declare("print", printRecipe(label), options, more as Partial<StepDeclaration>);
    return this;
  }

  collect(options?: Options): Collected<unknown> {
    const step = this.#declare("collect", collectRecipe(), options, { guarantee: "stored" });
    return { step: stepId(step), owner: this.#declaration };
  }

  run(options?: Options): void {
    this.#declare("run", sinkRecipe(discard), options, { guarantee: "idempotent" });
  }

  /**
   * What a stream carries.
   *
   * @throws SageError `INVALID_OPTION` for what is no stream.
   */
  static upstreams(stream: StreamHandle): readonly Upstream[] {
    if (stream instanceof StreamHandle) return stream.#upstreams;
    const problem = `is ${describeValue(stream)}`;
    throw new SageError("INVALID_OPTION", {
      path: "stream",
      problem,
      expected: "a stream of this environment",
    });
  }

  #stream(upstreams: readonly Upstream[]): StreamHandle {
    return new StreamHandle(this.#declaration, upstreams);
  }

  #next(
    kind: StepKind,
    recipe: OperatorRecipe,
    step: unknown,
    options?: Options,
    more?: Partial<StepDeclaration>,
  ): StreamHandle {
    return this.#stream([recordsOf(this.#declare(kind, recipe, options, { step, ...more }))]);
  }

  #declare(
    kind: StepKind,
    recipe: OperatorRecipe,
    options: Options = {},
    more: Partial<StepDeclaration> = {},
  ): Transformation {
    return declareStep(this.#declaration, { kind, inputs: [this.#upstreams], options, recipe, ...more });
  }
}

/** A stream that is declared before the one that fills it. */
export class FutureHandle extends StreamHandle {
  readonly slot: FutureSlot;

  constructor(declaration: Declaration, slot: FutureSlot) {
    super(declaration, [{ future: slot, shared: false }]);
    this.slot = slot;
  }
}

/** The requests that a pipeline is called with. */
export class RequestHandle extends StreamHandle {
  readonly service: ServiceRef<object>;

  constructor(declaration: Declaration, upstreams: readonly Upstream[], service: ServiceRef<object>) {
    super(declaration, upstreams);
    this.service = service;
  }
}

/** Streams side by side. */
export class ConnectedHandle {
  readonly #declaration: Declaration;
  readonly #inputs: readonly (readonly Upstream[])[];

  constructor(declaration: Declaration, inputs: readonly (readonly Upstream[])[]) {
    this.#declaration = declaration;
    this.#inputs = inputs;
  }

  connect(...others: readonly StreamHandle[]): ConnectedHandle {
    return new ConnectedHandle(this.#declaration, [...this.#inputs, ...others.map(upstreamsOf)]);
  }

  coMap(step: unknown, options: Options = {}): StreamHandle {
    const inputs = this.#inputs;
    const missing = missingMethods(step, inputs.length);
    const problem = {
      reason: "MISSING_METHOD",
      message: `It connects ${inputs.length} streams and lacks ${missing.join(", ")}.`,
      remedy: "Give it a method for each stream: map0 for the first, map1 for the second, and so on.",
    };
    return this.#stream({
      kind: "coMap",
      inputs,
      options,
      recipe: coMapRecipe(step, inputs.length),
      problem: missing.length > 0 ? problem : undefined,
    });
  }

  join(step: unknown, options: Options = {}): StreamHandle {
    return this.#stream({ kind: "join", inputs: this.#inputs, options, recipe: joinRecipe(step), step });
  }

  #stream(step: StepDeclaration): StreamHandle {
    return new StreamHandle(this.#declaration, [recordsOf(declareStep(this.#declaration, step))]);
  }
}

const upstreamsOf = StreamHandle.upstreams;

const discard = (): void => undefined;
