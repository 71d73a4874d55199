import { type AnyJobModule, defineJob, type JobModule } from "@sage-kernel/core";
import { numbers } from "../contract/probes.ts";

/** What the jobs of a case are, and what their sinks have got, in every process of this one. */
export interface WorkerJobs {
  readonly jobs: readonly AnyJobModule[];
  readonly seen: unknown[];
  /** The calls of the service of the job `squares`: how many have begun, and what they wait for. */
  readonly held: { calls: number; until: Promise<void> };
}

/** A schema of Standard Schema that takes anything. */
const anything: JobModule<unknown>["params"] = {
  "~standard": { version: 1, vendor: "testkit", validate: (value) => ({ value }) },
};

const options = <P>(params: unknown): P => params as P;

/** Counts on and on, ten numbers at a time, and has nothing for a while in between. */
class Ticks {
  #rests = false;

  poll(position = 0): { readonly records: readonly number[]; readonly position: number } {
    this.#rests = !this.#rests;
    const records = this.#rests ? numbers(10).map((n) => position + n) : [];
    return { records, position: position + records.length };
  }
}

/** The jobs of the contract, which record what comes out of them. */
export function workerJobs(): WorkerJobs {
  const seen: unknown[] = [];
  const held = { calls: 0, until: Promise.resolve() };
  const see = (record: unknown): void => void seen.push(record);
  const jobs = [
    defineJob({
      name: "counting",
      params: anything,
      build: (env, params) => {
        const { records, parallelism } = options<{ records: number; parallelism: number }>(params);
        const reduce = {
          name: "count",
          parallelism,
          emit: "end",
          initial: (): [number, number] => [0, 0],
        } as const;
        env
          .fromBatch(numbers(records))
          .keyBy((n) => n % 10)
          .reduce(([, count], n): [number, number] => [n % 10, count + 1], reduce)
          .collect({ name: "counts" });
      },
    }),
    defineJob({
      name: "squares",
      params: anything,
      build: (env, params) => {
        const process = async (n: number): Promise<number> => {
          held.calls++;
          await held.until;
          return n * n;
        };
        const square = env.registerService("square", () => ({ process }), {
          instances: options<number | null>(params) ?? 2,
          idempotent: ["process"],
          timeoutMs: 60_000,
        });
        env
          .fromReplayable(Ticks, { name: "ticks" })
          .map((n, ctx) => ctx.callService(square, n), { concurrency: 4, parallelism: 2 })
          .sink(see, { name: "out" });
      },
    }),
    defineJob({
      name: "halving",
      params: anything,
      build: (env, params) => {
        const back = env.fromFuture<number>("again");
        const all = env
          .fromBatch(options<number[]>(params))
          .union(back)
          .map((n) => n, { name: "head" });
        all
          .filter((n) => n % 2 === 0)
          .map((n) => n / 2, { parallelism: 2 })
          .fill(back);
        all.filter((n) => n % 2 === 1).sink(see);
      },
    }),
    defineJob({
      name: "ticking",
      params: anything,
      build: (env, params) => {
        const label = options<string | null>(params);
        env
          .fromReplayable(Ticks, { name: "ticks" })
          .map((n) => n, { name: "pass", parallelism: 2 })
          .sink(see, { name: "out", ...(label === null ? {} : { placement: { label } }) });
      },
    }),
    defineJob({
      name: "doubling",
      params: anything,
      build: (env) => {
        const requests = env.fromRequests<number, number>("double", { timeoutMs: 4000 });
        requests.map((n) => 2 * n, { parallelism: 2 }).reply(requests);
      },
    }),
    defineJob({
      name: "ends-badly",
      params: anything,
      build: (env) => {
        const source = {
          poll: (position = 0) => ({ records: [position], position: position + 1, done: position === 9 }),
          close: () => {
            throw new TypeError("it does not want to close");
          },
        };
        env.fromReplayable({ create: () => source }).sink(see);
      },
    }),
    defineJob({
      name: "skipping",
      params: anything,
      build: (env) => {
        const refuse = (): never => {
          throw new TypeError("it does not want to");
        };
        env.fromBatch([1]).map(refuse, { onError: "skip" }).sink(see);
      },
    }),
    defineJob({
      name: "failing",
      params: anything,
      build: (env) => {
        env.fromBatch([1]).sink(() => {
          throw new TypeError("it does not want to");
        });
      },
    }),
  ];
  return { jobs, seen, held };
}
