import { local } from "@sage-kernel/adapter-local";
import { redis } from "@sage-kernel/adapter-redis";
import { createRuntime } from "@sage-kernel/core/di";
import { type Hop, hopCase } from "./hop-case.ts";

async function open(
  path: string,
  options: { readonly maxBatch?: number; readonly capacity?: number },
): Promise<Hop> {
  const runtime = await createRuntime({
    adapters: [local({ log: { level: "silent" } }), redis({ ioredis: { path } })],
    queueKind: "redis",
    ...(options.capacity === undefined ? {} : { queueCapacity: options.capacity }),
  });
  let runs = 0;
  return {
    async run(records, take) {
      const env = runtime.environment(`bench-${++runs}`);
      env.fromBatch(records).sink(take);
      const job = await env.submit(options.maxBatch === undefined ? {} : { maxBatch: options.maxBatch });
      await job.done;
    },
    close: () => runtime.close(),
  };
}

/** Ours, exactly once, with default settings. */
export const hop = hopCase((path) => open(path, {}));

/** The same in units of up to 1,024 records, through a queue of 4,096. */
export const hopLarge = hopCase((path) => open(path, { maxBatch: 1024, capacity: 4096 }));
