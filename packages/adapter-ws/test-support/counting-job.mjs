import { defineJob } from "@sage-kernel/core";
import * as z from "zod";

/** Numbers, not faster than so many in a second. */
const paced = (count, perSecond) =>
  class {
    async poll(position = 0, max) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const length = Math.min(max, Math.ceil(perSecond / 50), count - position);
      const records = Array.from({ length }, (_, i) => position + i);
      return { records, position: position + length, done: position + length === count };
    }
  };

/** Counts and adds up numbers by their key, in four instances with state. */
export const countingJob = defineJob({
  name: "counting",
  params: z.strictObject({ records: z.int(), keys: z.int(), perSecond: z.int() }),
  build: (env, { records, keys, perSecond }) => {
    env
      .fromReplayable(paced(records, perSecond), { name: "numbers" })
      .map((n) => n, { name: "pass", parallelism: 2 })
      .keyBy((n) => n % keys, { name: "key" })
      .reduce(([, count, sum], n) => [n % keys, count + 1, sum + n], {
        ...{ name: "count", parallelism: 4, emit: "end", initial: () => [0, 0, 0] },
      })
      .collect({ name: "counts" });
  },
});
