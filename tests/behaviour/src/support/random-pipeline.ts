import type { Collected, DataStream, Environment, KeyedStream } from "@sage-kernel/core";
import type { Clock } from "@sage-kernel/core/spi";
import * as fc from "fast-check";

/** What a generated step does; steps behind it refer to earlier ones by index, modulo the number there are. */
export interface StepPlan {
  readonly kind: "source" | "map" | "filter" | "flatMap" | "keyBy" | "count" | "total" | "union";
  readonly from: number;
  readonly other: number;
  readonly parallelism: number;
  readonly capacity: number;
  readonly concurrency: number;
  /** Up to this many ms of virtual time per record; 0 makes the step synchronous. */
  readonly delayMs: number;
  readonly onError: "skip" | "deadLetter";
  /** Every record that is 3 modulo this number fails; 0 for none. */
  readonly failing: number;
  readonly records: number;
}

/** Generates pipelines of up to a dozen steps; the first is always a source. */
export const pipelinePlan: fc.Arbitrary<readonly StepPlan[]> = fc.array(
  fc.record<StepPlan>({
    kind: fc.constantFrom("source", "map", "map", "filter", "flatMap", "keyBy", "count", "total", "union"),
    from: fc.nat(20),
    other: fc.nat(20),
    parallelism: fc.integer({ min: 1, max: 4 }),
    capacity: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 64 })),
    concurrency: fc.integer({ min: 1, max: 3 }),
    delayMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 })),
    onError: fc.constantFrom("skip", "deadLetter"),
    failing: fc.constantFrom(0, 0, 5, 7),
    records: fc.nat(60),
  }),
  { minLength: 1, maxLength: 12 },
);

/** A generated pipeline: what it was declared to gather, and what a sequential model says must come. */
export interface GeneratedPipeline {
  readonly collected: readonly Collected<number>[];
  readonly expected: readonly (readonly number[])[];
  readonly failures: { readonly skipped: number; readonly deadLettered: number };
}

interface Node {
  readonly stream: DataStream<number>;
  readonly keyed: boolean;
  readonly records: readonly number[];
}

/** Declares a plan in an environment and works out its results without any stream. */
export function declare(env: Environment, plan: readonly StepPlan[], clock: Clock): GeneratedPipeline {
  const nodes: Node[] = [];
  const used = new Set<Node>();
  const failures = { skipped: 0, deadLettered: 0 };
  const pick = (index: number): Node => {
    const node = nodes[index % nodes.length] as Node;
    used.add(node);
    return node;
  };
  plan.forEach((step, i) => {
    if (i === 0 || step.kind === "source") nodes.push(declareSource(env, step, clock));
    else
      nodes.push(
        declareStep(
          step,
          pick(step.from),
          step.kind === "union" ? pick(step.other) : undefined,
          clock,
          failures,
        ),
      );
  });
  const ends = nodes.filter((node) => !used.has(node));
  return {
    collected: ends.map((node) => node.stream.collect()),
    expected: ends.map((node) => sorted(node.records)),
    failures,
  };
}

/** The numbers in ascending order. */
export function sorted(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}

function declareSource(env: Environment, step: StepPlan, clock: Clock): Node {
  const records = Array.from({ length: step.records }, (_, i) => i);
  async function* slowly(): AsyncGenerator<number> {
    for (const record of records) {
      if (record % 5 === 0) await clock.sleep(step.delayMs);
      yield record;
    }
  }
  const { parallelism } = step;
  const stream = env.fromBatch<number>(step.delayMs === 0 ? records : slowly(), { parallelism });
  return { stream, keyed: false, records };
}

function declareStep(
  step: StepPlan,
  input: Node,
  other: Node | undefined,
  clock: Clock,
  failures: { skipped: number; deadLettered: number },
): Node {
  if (other !== undefined) {
    const records = [...input.records, ...other.records];
    return { stream: input.stream.union(other.stream), keyed: false, records };
  }
  const fails = (n: number): boolean => step.failing > 0 && n % step.failing === 3;
  const good = input.records.filter((n) => !fails(n));
  const countFailures = (): void => {
    const failed = input.records.length - good.length;
    if (step.onError === "skip") failures.skipped += failed;
    else failures.deadLettered += failed;
  };
  const run = <T>(apply: (n: number) => T) => slowed(step, clock, fails, apply);
  const options = optionsOf(step);
  switch (step.kind) {
    case "filter":
      countFailures();
      return {
        ...input,
        stream: input.stream.filter(
          run((n) => n % 3 !== 0),
          options,
        ),
        records: good.filter((n) => n % 3 !== 0),
      };
    case "flatMap":
      countFailures();
      return { ...input, stream: input.stream.flatMap(run(spread), options), records: good.flatMap(spread) };
    case "keyBy":
      countFailures();
      return {
        stream: input.stream.keyBy(
          run((n) => n % 5),
          options,
        ),
        keyed: true,
        records: good,
      };
    case "count":
    case "total":
      return input.keyed
        ? reduceStep(step, input)
        : { ...input, stream: input.stream.map((n) => n), records: input.records };
    default:
      countFailures();
      return {
        ...input,
        stream: input.stream.map(
          run((n) => n + 1),
          options,
        ),
        records: good.map((n) => n + 1),
      };
  }
}

/** A reduce whose results do not depend on the order of arrival; what it emits is unkeyed again for the model. */
function reduceStep(step: StepPlan, input: Node): Node {
  const keyed = (input.stream as KeyedStream<number, number>).keyBy((n) => n % 5);
  const groups = new Map<number, number[]>();
  for (const n of input.records) groups.set(n % 5, [...(groups.get(n % 5) ?? []), n]);
  const { parallelism, capacity: queueCapacity } = step;
  if (step.kind === "count") {
    const stream = keyed.reduce((count: number) => count + 1, {
      initial: () => 0,
      parallelism,
      queueCapacity,
    });
    const records = [...groups.values()].flatMap((group) => group.map((_, i) => i + 1));
    return { stream: stream.map((n) => n), keyed: false, records };
  }
  const stream = keyed.reduce((left, right) => left + right, { emit: "end", parallelism, queueCapacity });
  const records = [...groups.values()].map((group) => group.reduce((left, right) => left + right));
  return { stream: stream.map((n) => n), keyed: false, records };
}

function optionsOf({ parallelism, capacity, concurrency, onError }: StepPlan) {
  return { parallelism, queueCapacity: capacity, concurrency, onError };
}

function spread(n: number): number[] {
  return Array.from({ length: n % 4 }, (_, i) => n + 100 * i);
}

function slowed<T>(step: StepPlan, clock: Clock, fails: (n: number) => boolean, apply: (n: number) => T) {
  return (n: number): T | Promise<T> => {
    if (fails(n)) throw new Error(`${n} fails`);
    if (step.delayMs === 0) return apply(n);
    return clock.sleep((n * 7) % step.delayMs).then(() => apply(n));
  };
}
