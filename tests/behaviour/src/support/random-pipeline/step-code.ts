import type { OperatorOptions, Plugin, TaskContext } from "@sage-kernel/core";
import {
  delayOf,
  fails,
  limitMs,
  type Node,
  type Rec,
  type Scope,
  type StepOutcome,
  tries,
} from "./model.ts";
import type { StepPlan } from "./plan.ts";

/** The code of one generated step: what its function does around its work, and the options it is declared with. */
export class StepCode {
  readonly #step: StepPlan;
  readonly #scope: Scope;
  readonly #count: () => void;
  readonly #attempts = new WeakMap<Rec, number>();
  readonly #running = new Set<string>();

  constructor(name: string, step: StepPlan, scope: Scope, { attempts }: StepOutcome) {
    this.#step = step;
    this.#scope = scope;
    this.#count = scope.watch.counter(name, attempts);
  }

  /** A function that does its work after its delay, or fails as planned. */
  does<T>(work: (record: Rec) => T): (record: Rec, ctx: TaskContext) => T | Promise<T> {
    const { site, delayMs } = this.#step;
    return (record, ctx) => {
      const inside = site === "function" || site === "promise";
      const bad = inside && this.#begin(record);
      if (bad && site === "function") throw new Error(`${record.n} fails`);
      if (delayMs === 0) return bad ? Promise.reject(new Error(`${record.n} fails later`)) : work(record);
      const leave = this.#enter(ctx);
      const late = this.#scope.clock.sleep(delayOf(this.#step, record.n), ctx.signal).catch(() => undefined);
      return late.then(() => {
        leave();
        if (bad) throw new Error(`${record.n} fails later`);
        return work(record); // also when its time is up: nobody may take that answer
      });
    };
  }

  /** The options of the step. */
  get options(): OperatorOptions<Rec> {
    const { parallelism, capacity, concurrency, ordered, attempts, backoffMs, restarts, onError } =
      this.#step;
    const timeoutMs = limitMs(this.#step);
    const retry = { attempts, initialMs: backoffMs };
    return {
      parallelism,
      queueCapacity: capacity,
      concurrency,
      ordered,
      onError:
        restarts > 0
          ? { retry, restarts, onExhausted: onError }
          : attempts === 1
            ? onError
            : { retry, onExhausted: onError },
      plugins: this.#plugins(),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
  }

  /** The options of a step whose instances may share its records as they like. */
  get spreadOptions(): OperatorOptions<Rec> {
    const { partitioner } = this.#step;
    if (partitioner === "default") return this.options;
    if (partitioner === "custom")
      return { ...this.options, partitioner: ({ payload }, targets) => payload.n % targets.length };
    if (partitioner !== "several") return { ...this.options, partitioner };
    return { ...this.options, partitioner: (_, targets) => [...new Set([targets.length - 1, 0])] };
  }

  /** Counts an attempt, and tells whether it has to fail. */
  #begin(record: Rec): boolean {
    this.#count();
    const attempt = (this.#attempts.get(record) ?? 0) + 1;
    this.#attempts.set(record, attempt);
    return this.#mustFail(record);
  }

  #mustFail(record: Rec): boolean {
    // A record may come again after a crash: what is to fail for good then fails again.
    const flaky = this.#step.flaky >= tries(this.#step) ? Number.POSITIVE_INFINITY : this.#step.flaky;
    return fails(this.#step, record.n) && (this.#attempts.get(record) ?? 0) <= flaky;
  }

  /** Notes when two records of one key are in an instance's function at once. */
  #enter({ step, index, key }: TaskContext): () => void {
    if (key === undefined) return () => undefined;
    const lane = `${step}#${index}: key ${typeof key} ${key}`;
    if (this.#running.has(lane)) this.#scope.watch.violations.push(`two records at once in ${lane}`);
    this.#running.add(lane);
    return () => void this.#running.delete(lane);
  }

  #plugins(): Plugin<Rec>[] {
    const { site, plugin } = this.#step;
    const failing: Plugin<Rec> = {
      name: "failing",
      before: ({ payload }) => {
        if (this.#begin(payload) && site === "before") throw new Error(`${payload.n} fails before`);
      },
      after: ({ payload }) => {
        if (site === "after" && this.#mustFail(payload)) throw new Error(`${payload.n} fails after`);
      },
    };
    const idle: Plugin<Rec> = { name: "idle", around: async (_, next) => await next() };
    return [...(site === "before" || site === "after" ? [failing] : []), ...(plugin ? [idle] : [])];
  }
}

/** Whether a step with one ordered input keeps its order. */
export function keepsOrder(input: Node, { parallelism, concurrency, ordered }: StepPlan): boolean {
  return input.ordered && parallelism === 1 && (concurrency === 1 || ordered);
}

/** Counts the records that failed for good, and makes a node of the step's dead letters where the plan says so. */
export function bury(
  step: StepPlan,
  stream: Node["stream"],
  { failed }: StepOutcome,
  ordered: boolean,
  { failures, aside }: Scope,
): void {
  if (step.onError === "skip") {
    failures.skipped += failed.length;
    return;
  }
  failures.deadLettered += failed.length;
  if (!step.deadStream) {
    failures.stored += failed.length;
    return;
  }
  aside.push({
    stream: stream.deadLetters<Rec>().map(({ record }) => ({ n: record.n, h: null })),
    keyed: false,
    ordered,
    records: failed.map(({ n }) => ({ n, key: undefined })),
  });
}
