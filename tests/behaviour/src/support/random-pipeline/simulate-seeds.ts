import { type FaultLimits, type SimulationOptions, simulate, simulationSeeds } from "@sage-kernel/testkit";
import { planOf, type SimulatedPlan, simulatedPipeline } from "./simulated.ts";

const deep = process.env.SAGE_DEEP === "1";

/** How long the seeds of one file may take, in ms. */
export const simulationTimeoutMs = deep ? 3_600_000 : 120_000;

/** What differs from file to file. */
export interface SeedsOptions extends Pick<SimulationOptions, "driver" | "rollback"> {
  /** Limits of the random faults. */
  readonly limits?: FaultLimits;
  /** What is made of the plan of a seed. */
  readonly plan?: (plan: SimulatedPlan) => SimulatedPlan;
}

/**
 * Runs so many random pipelines under random faults, and 33 times as many in the deep run; answers how many commits
 * the stores have lost.
 */
export async function simulateSeeds(
  count: number,
  file: string,
  { limits = {}, plan = (same) => same, ...options }: SeedsOptions = {},
): Promise<number> {
  const command = `npx vitest run --project tests/behaviour ${file}`;
  let lost = 0;
  for (const { seed, faults = limits } of simulationSeeds(deep ? Math.ceil((count * 100) / 3) : count)) {
    const build: SimulationOptions["build"] = (world) => simulatedPipeline(plan(planOf(seed)), world);
    lost += (await simulate({ seed, faults, command, build, ...options })).lostCommits;
  }
  return lost;
}
