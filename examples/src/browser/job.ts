import { defineJob } from "@sage-kernel/core";
import * as z from "zod";

/** Numbers in their own time, for something to watch. */
export const slowCount = defineJob({
  name: "slow-count",
  params: z.strictObject({ records: z.int().min(1).max(100_000), perSecond: z.int().min(1) }),
  build: (env, { records, perSecond }) => {
    const numbers = class {
      async poll(position = 0, max: number) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const length = Math.min(max, Math.ceil(perSecond / 20), records - position);
        const next = position + length;
        return {
          records: Array.from({ length }, (_, i) => position + i),
          position: next,
          done: next === records,
        };
      }
    };
    env
      .fromReplayable(numbers, { name: "numbers" })
      .map((n) => n * n, { name: "square" })
      .sink(() => undefined, { name: "out" });
  },
});
