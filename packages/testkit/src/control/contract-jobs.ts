import { type AnyJobModule, defineJob, type JobModule, type TaskContext } from "@sage-kernel/core";
import { numbers } from "../contract/probes.ts";

/** What the jobs of the contract are given. */
interface Records {
  /** How many records they read. */
  readonly records: number;
}

/** A schema of Standard Schema that takes numbers of records, and tells all that is wrong with others. */
const records: JobModule<Records>["params"] = {
  "~standard": {
    version: 1,
    vendor: "testkit",
    validate: (value) => {
      const { records: count, ...others } = Object(value) as Record<string, unknown>;
      const issues = Object.keys(others)
        .filter((key) => key !== "secret")
        .map((key) => ({ message: "is unknown", path: [key] }));
      if (!Number.isInteger(count) || Number(count) < 0)
        issues.push({ message: "must be a whole number", path: ["records"] });
      return issues.length > 0 ? { issues } : { value: { records: Number(count) } };
    },
  },
};

/** Ends, at the latest, when its job does. */
const untilEnd = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
  });

class Adder {
  /** One more. */
  process(n: number): number {
    return n + 1;
  }
}

class NeverStarts {
  start(): void {
    throw new Error("it does not start");
  }
}

/**
 * The jobs that the contract of job control submits, by name. What runs them in another process loads them from here.
 * Each reads as many records as its parameter `records` says.
 */
export const contractJobs: readonly AnyJobModule[] = [
  defineJob({
    name: "count",
    params: records,
    build: (env, { records: count }) => {
      env
        .fromBatch(numbers(count))
        .map((n) => n + 1)
        .sink(() => undefined);
    },
  }),
  defineJob({
    name: "endless",
    params: records,
    build: (env, { records: count }) => {
      env
        .fromBatch(async function* ({ signal }) {
          yield* numbers(count);
          await untilEnd(signal).catch(() => undefined);
        })
        .sink(() => undefined);
    },
  }),
  defineJob({
    name: "held",
    params: records,
    build: (env, { records: count }) => {
      const hold = (_: number, { signal }: TaskContext): Promise<never> => untilEnd(signal);
      env.fromBatch(numbers(count)).sink(hold, { name: "held" });
    },
  }),
  defineJob({
    name: "fails",
    params: records,
    build: (env, { records: count }) => {
      env.fromBatch(numbers(count + 1)).sink((n) => {
        if (n === count) throw new Error("the last record is too much");
      });
    },
  }),
  defineJob({
    name: "calls",
    params: records,
    build: (env, { records: count }) => {
      env.registerService("adder", Adder);
      env
        .fromBatch(numbers(count))
        .map((n, ctx) => ctx.service<Adder>("adder").process(n))
        .sink(() => undefined);
    },
  }),
  defineJob({
    name: "never-starts",
    params: records,
    build: (env, { records: count }) => {
      env.registerService("broken", NeverStarts);
      env.fromBatch(numbers(count)).sink(() => undefined);
    },
  }),
  defineJob({
    name: "badly-built",
    params: records,
    build: (env) => {
      env.fromBatch([1], { parallelism: 0 }).map((n) => n, { name: "dangling" });
      env.fromBatch([1], { name: "twice" }).sink(() => undefined, { name: "twice" });
    },
  }),
  defineJob({
    name: "exactly-once",
    params: records,
    options: { delivery: "exactly-once" },
    build: (env, { records: count }) => {
      env.fromBatch(() => numbers(count).values()).sink(() => undefined);
    },
  }),
];
