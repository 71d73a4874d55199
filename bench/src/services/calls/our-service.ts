import { createLocalRuntime } from "@sage-kernel/adapter-local";
import type { ServiceOptions } from "@sage-kernel/core";
import type { Callee, Method } from "./call-cases.ts";

/** Starts ours through the public API: one instance, in a job that runs until it is stopped. */
export async function openOurService(method: Method, options: ServiceOptions = {}): Promise<Callee> {
  const runtime = await createLocalRuntime({ log: { level: "silent" } });
  const env = runtime.environment("bench");
  const math = env.registerService("math", () => ({ process: method }), options);
  const job = await env.submit();
  return {
    call: (n) => runtime.callService(math, n),
    async close() {
      await job.stop();
      await runtime.close();
    },
  };
}
