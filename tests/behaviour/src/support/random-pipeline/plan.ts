import * as fc from "fast-check";

/** What a generated step does. */
export const stepKinds = [
  "source",
  "map",
  "filter",
  "flatMap",
  "process",
  "keyBy",
  "count",
  "total",
  "union",
  "coMap",
  "join",
  "loop",
] as const;

/** One of {@link stepKinds}. */
export type GeneratedKind = (typeof stepKinds)[number];

/** A generated step; steps behind it refer to earlier ones by index, modulo the number there are. */
export interface StepPlan {
  readonly kind: GeneratedKind;
  readonly from: number;
  readonly other: number;
  readonly parallelism: number;
  readonly capacity: number;
  readonly concurrency: number;
  readonly ordered: boolean;
  readonly partitioner: "default" | "least-loaded" | "broadcast" | "custom" | "several";
  /** Up to this many ms of virtual time per record; 0 makes the step synchronous. */
  readonly delayMs: number;
  /** Limit of an attempt as a share of `delayMs`; 0 for none. */
  readonly timeLimit: number;
  /** Every record that is 3 modulo this number fails at first; 0 for none. */
  readonly failing: number;
  /** So many attempts at such a record fail. */
  readonly flaky: number;
  /** Where they fail. */
  readonly site: "function" | "promise" | "before" | "after";
  /** Attempts that the step's policy allows. */
  readonly attempts: number;
  readonly backoffMs: number;
  /** How often such a record may bring its task down after that. */
  readonly restarts: number;
  readonly onError: "skip" | "deadLetter";
  /** Whether its dead letters become a stream. */
  readonly deadStream: boolean;
  /** Whether it reads its input behind `shared()`, where it makes new records of it. */
  readonly shared: boolean;
  /** Whether a plug-in that changes nothing runs around it. */
  readonly plugin: boolean;
  readonly source: "array" | "generator" | "async" | "function" | "class";
  readonly head: "union" | "coMap" | "join";
  readonly records: number;
}

/** Generates pipelines of up to a dozen steps; the first is always a source. */
export const pipelinePlan: fc.Arbitrary<readonly StepPlan[]> = fc.array(
  fc.record<StepPlan>({
    kind: fc.constantFrom(...stepKinds, "map", "keyBy", "loop", "join"),
    from: fc.nat(20),
    other: fc.nat(20),
    parallelism: fc.constantFrom(1, 1, 2, 3),
    capacity: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 64 })),
    concurrency: fc.constantFrom(1, 1, 2, 4),
    ordered: fc.constantFrom(true, true, false),
    partitioner: fc.constantFrom("default", "default", "least-loaded", "broadcast", "custom", "several"),
    delayMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 })),
    timeLimit: fc.constantFrom(0, 0, 0.5, 0.8),
    failing: fc.constantFrom(0, 0, 4, 5, 7),
    flaky: fc.constantFrom(1, 1, 2, 9),
    site: fc.constantFrom("function", "promise", "before", "after"),
    attempts: fc.constantFrom(1, 2, 3),
    backoffMs: fc.constantFrom(0, 1, 10),
    restarts: fc.constantFrom(0, 0, 0, 1, 2),
    onError: fc.constantFrom("skip", "deadLetter"),
    deadStream: fc.boolean(),
    shared: fc.boolean(),
    plugin: fc.constantFrom(false, false, false, true),
    source: fc.constantFrom("array", "generator", "async", "function", "class"),
    head: fc.constantFrom("union", "coMap", "join"),
    records: fc.nat(50),
  }),
  { minLength: 1, maxLength: 12 },
);

/** A pause of the running job. */
export interface PausePlan {
  /** After so many turns of the scheduler, */
  readonly turns: number;
  /** and so many ms more. */
  readonly afterMs: number;
  readonly forMs: number;
  /** Whether to wait until the job stands still, or to resume it on the way there. */
  readonly wait: boolean;
}

/** How a generated pipeline is run. */
export interface RunPlan {
  readonly maxBatch: number;
  readonly maxBatchMs: number;
  /** Whether a plug-in that changes nothing runs around every step. */
  readonly use: boolean;
  readonly pauses: readonly PausePlan[];
  /** Commits that go wrong: at most so many, about one in `every`; none where it is 0. */
  readonly faults: { readonly every: number; readonly budget: number };
}

/** Generates ways to run a pipeline. */
export const runPlan: fc.Arbitrary<RunPlan> = fc.record({
  maxBatch: fc.constantFrom(1, 2, 7, 256),
  maxBatchMs: fc.constantFrom(1, 5, 50),
  use: fc.constantFrom(false, false, false, true),
  faults: fc.constant({ every: 0, budget: 0 }),
  pauses: fc.oneof(
    fc.constant([]),
    fc.array(fc.record({ turns: fc.nat(60), afterMs: fc.nat(15), forMs: fc.nat(15), wait: fc.boolean() }), {
      minLength: 1,
      maxLength: 5,
    }),
  ),
});

/** Generates ways to run a pipeline whose commits go wrong. */
export const faultyRunPlan: fc.Arbitrary<RunPlan> = fc
  .tuple(runPlan, fc.record({ every: fc.constantFrom(2, 5, 20), budget: fc.integer({ min: 1, max: 20 }) }))
  .map(([plan, faults]) => ({ ...plan, faults }));
