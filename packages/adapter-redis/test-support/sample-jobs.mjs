import { defineJob } from "@sage-kernel/core";
import * as z from "zod";

/** What sinks have got in this process, in their order. */
export const seen = [];

const numbers = (count) => Array.from({ length: count }, (_, n) => n);

/** Counts numbers by their last digit. */
const counting = defineJob({
  name: "counting",
  params: z.strictObject({ records: z.int(), parallelism: z.int() }),
  build: (env, { records, parallelism }) => {
    env
      .fromBatch(numbers(records), { name: "numbers" })
      .keyBy((n) => n % 10, { name: "key" })
      .reduce(([, sum], n) => [n % 10, sum + 1], {
        ...{ name: "count", parallelism, emit: "end", initial: () => [0, 0] },
      })
      .sink((count) => void seen.push(count), { name: "out" });
  },
});

/** Squares, by a service that runs somewhere else than its callers may. */
const squares = defineJob({
  name: "squares",
  params: z.strictObject({ records: z.int() }),
  build: (env, { records }) => {
    const options = { instances: 2, idempotent: ["process"] };
    const square = env.registerService("square", () => ({ process: (n) => n * n }), options);
    env
      .fromBatch(numbers(records))
      .map((n, ctx) => ctx.callService(square, n), { concurrency: 8, parallelism: 2 })
      .sink((n) => void seen.push(n));
  },
});

/** Halves numbers until they are odd, in a loop. */
const halving = defineJob({
  name: "halving",
  params: z.strictObject({ numbers: z.array(z.int()) }),
  build: (env, { numbers: given }) => {
    const back = env.fromFuture("again");
    const all = env
      .fromBatch(given)
      .union(back)
      .map((n) => n, { name: "head" });
    all
      .filter((n) => n % 2 === 0, { name: "even" })
      .map((n) => n / 2, { name: "halve", parallelism: 2 })
      .fill(back);
    all.filter((n) => n % 2 === 1, { name: "odd" }).sink((n) => void seen.push(n));
  },
});

/** Counts on and on, some 1,000 in a second. */
class Ticks {
  async poll(position = 0, max) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const records = numbers(Math.min(max, 10)).map((n) => position + n);
    return { records, position: position + records.length };
  }
}

const ticking = defineJob({
  name: "ticking",
  params: z.strictObject({ label: z.string().optional() }),
  build: (env, { label }) => {
    const placement = label === undefined ? {} : { placement: { label } };
    env
      .fromReplayable(Ticks, { name: "ticks" })
      .map((n) => n, { name: "pass", parallelism: 2, partitioner: "round-robin" })
      .sink((n) => void seen.push(n), { name: "out", ...placement });
  },
});

/** Numbers, not faster than so many in a second. */
const paced = (count, perSecond) =>
  class {
    async poll(position = 0, max) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const records = numbers(Math.min(max, Math.ceil(perSecond / 50), count - position)).map(
        (n) => position + n,
      );
      const next = position + records.length;
      return { records, position: next, done: next === count };
    }
  };

/** Counts and adds up numbers by their key, in eight instances with state. */
const chaos = defineJob({
  name: "chaos",
  params: z.strictObject({ records: z.int(), keys: z.int(), perSecond: z.int() }),
  build: (env, { records, keys, perSecond }) => {
    env
      .fromReplayable(paced(records, perSecond), { name: "numbers" })
      .map((n) => n, { name: "pass", parallelism: 2 })
      .keyBy((n) => n % keys, { name: "key", parallelism: 2 })
      .reduce(([, count, sum], n) => [n % keys, count + 1, sum + n], {
        ...{ name: "count", parallelism: 8, emit: "end", initial: () => [0, 0, 0] },
      })
      .collect({ name: "counts" });
  },
});

/** All of them. */
export const jobs = [counting, squares, halving, ticking, chaos];
