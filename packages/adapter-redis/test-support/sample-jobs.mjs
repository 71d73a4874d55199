import { defineJob } from "@sage-kernel/core";
import * as z from "zod";

const numbers = (count) => Array.from({ length: count }, (_, n) => n);

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
export const jobs = [chaos];
