import { local } from "@sage-kernel/adapter-local";
import { redis } from "@sage-kernel/adapter-redis";
import { createRuntime } from "@sage-kernel/core/di";
import { hopCase } from "./hop-case.ts";

/** Ours, exactly once, with default settings. */
export const hop = hopCase(async (path) => {
  const runtime = await createRuntime({
    adapters: [local({ log: { level: "silent" } }), redis({ ioredis: { path } })],
    queueKind: "redis",
  });
  let runs = 0;
  return {
    async run(records, take) {
      const env = runtime.environment(`bench-${++runs}`);
      env.fromBatch(records).sink(take);
      const job = await env.submit();
      await job.done;
    },
    close: () => runtime.close(),
  };
});
