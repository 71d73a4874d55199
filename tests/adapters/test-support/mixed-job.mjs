/** A job over Redis whose service is called over WebSockets. */
import { defineJob } from "@sage-kernel/core";
import * as z from "zod";

/** Where the queues of its service are. */
export const queueKinds = { squares: { square: "ws" } };

/** Squares numbers, by a service, and says which process has done it. */
export const squares = defineJob({
  name: "squares",
  version: "1",
  params: z.object({ records: z.number() }),
  build: (env, { records }) => {
    class Numbers {
      poll(position = 0, max = 1) {
        const count = Math.min(max, 20, records - position);
        const next = Array.from({ length: count }, (_, i) => position + i);
        return { records: next, position: position + count, done: position + count === records };
      }
    }
    const square = env.registerService(
      "square",
      () => ({ process: (n) => ({ square: n * n, by: process.pid }) }),
      {
        instances: 2,
        idempotent: ["process"],
      },
    );
    env
      .fromReplayable(Numbers, { name: "numbers" })
      .map(async (n, ctx) => ({ n, ...(await ctx.callService(square, n)), at: process.pid }), {
        name: "ask",
        parallelism: 2,
        concurrency: 8,
      })
      .collect({ name: "out" });
  },
});
