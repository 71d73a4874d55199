import { local } from "@sage-kernel/adapter-local";
import { type Adapter, createRuntime } from "@sage-kernel/core/di";
import type { BenchCase } from "../../harness/bench-case.ts";
import { declareKeyed, verify } from "./keyed-job.ts";

/** Measures the keyed pipeline in one process, with these adapters beside the local one. */
export function inOneProcess(more: readonly Adapter[], queueKind?: string): BenchCase {
  return async ({ size }) => {
    const adapters = [local({ log: { level: "silent" } }), ...more];
    const runtime = await createRuntime({ adapters, ...(queueKind === undefined ? {} : { queueKind }) });
    const run = async (records: number): Promise<number> => {
      const env = runtime.environment("keyed");
      const counts = declareKeyed(env, records);
      const begun = performance.now();
      const job = await env.submit();
      await job.done;
      const took = performance.now() - begun;
      verify(job.collected(counts), records);
      return took;
    };
    await run(Math.min(size, 100_000));
    const took = await run(size);
    await runtime.close();
    return { value: (size / took) * 1000 };
  };
}
