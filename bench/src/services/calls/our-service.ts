import { createLocalRuntime } from "@sage-kernel/adapter-local";
import type { Runtime, ServiceOptions } from "@sage-kernel/core";
import type { Callee, Method } from "./call-cases.ts";

/** Starts ours through the public API: one instance, in a job that runs until it is stopped. */
export async function openOurService(method: Method, options: ServiceOptions = {}): Promise<Callee> {
  return serve(await createLocalRuntime({ log: { level: "silent" } }), method, options);
}

/** The same in a runtime that is open already, and is closed with it. */
export async function serve(runtime: Runtime, method: Method, options: ServiceOptions = {}): Promise<Callee> {
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
