import type { Job } from "@sage-kernel/core";
import type { SimulatedJob, SimWorld } from "@sage-kernel/testkit";
import * as fc from "fast-check";
import { declare } from "./declare.ts";
import { pipelinePlan, type RunPlan, runPlan, type StepPlan } from "./plan.ts";
import { assertResults, pauseAndResume, restart } from "./run.ts";

/** A pipeline with the way it is run. */
export interface SimulatedPlan {
  readonly steps: readonly StepPlan[];
  readonly how: RunPlan;
}

/** Generates pipelines with ways to run them; their sources are short, since there are many of them to run. */
export const simulatedPlan: fc.Arbitrary<SimulatedPlan> = fc.record({
  steps: pipelinePlan.map((steps) => steps.map((step) => ({ ...step, records: step.records % 24 }))),
  how: runPlan,
});

/** The plan of a seed. */
export function planOf(seed: number): SimulatedPlan {
  const [plan] = fc.sample(simulatedPlan, { seed, numRuns: 1 });
  return plan as SimulatedPlan;
}

/** Declares a plan in a simulated world; its job is checked against the sequential model. */
export function simulatedPipeline({ steps, how }: SimulatedPlan, world: SimWorld): SimulatedJob {
  const env = world.env("pipeline");
  const generated = declare(env, steps, how, world.clock);
  const { maxBatch, maxBatchMs, pauses } = how;
  return {
    env,
    submit: { maxBatch, maxBatchMs, restart },
    drive: async (job: Job) => {
      const ended = new AbortController();
      const end = (): void => ended.abort();
      job.done.then(end, end);
      await pauseAndResume(job, pauses, world, ended.signal);
    },
    check: ({ job, report, struck }) => assertResults(generated, job, report, struck.length > 0 || undefined),
  };
}
