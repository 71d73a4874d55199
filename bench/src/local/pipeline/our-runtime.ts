import { createLocalRuntime } from "@sage-kernel/adapter-local";
import type { Environment, MaybePromise, SourceInput } from "@sage-kernel/core";
import type { Steps } from "./steps.ts";

/** Ours through the public API, with default settings: each step its own task with its own queue. */
export interface OurRuntime {
  /** Runs a pipeline, declared in an environment of its own, to its end. */
  runJob(declare: (env: Environment) => void): Promise<void>;
  /** Closes the runtime. */
  close(): Promise<void>;
}

/** Creates a runtime that logs nothing. */
export async function openOurRuntime(): Promise<OurRuntime> {
  const runtime = await createLocalRuntime({ log: { level: "silent" } });
  let runs = 0;
  return {
    async runJob(declare) {
      const env = runtime.environment(`bench-${++runs}`);
      declare(env);
      const job = await env.submit();
      await job.done;
    },
    close: () => runtime.close(),
  };
}

/** Steps that may be asynchronous. */
export type AnySteps<R> = {
  readonly [S in keyof Steps<R>]: (record: R) => MaybePromise<ReturnType<Steps<R>[S]>>;
};

/** Declares the four steps behind a source. */
export function declareFour<R>(env: Environment, source: SourceInput<R>, steps: AnySteps<R>): void {
  env.fromBatch(source).map(steps.first).filter(steps.keep).map(steps.second).sink(steps.sink);
}
