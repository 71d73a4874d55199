import { type SimulationOptions, simulate, simulationSeeds } from "@sage-kernel/testkit";
import { planOf, simulatedPipeline } from "./simulated.ts";

const deep = process.env.SAGE_DEEP === "1";

/** How long the seeds of one file may take, in ms. */
export const simulationTimeoutMs = deep ? 3_600_000 : 120_000;

/** Runs so many random pipelines under random faults, and 33 times as many in the deep run. */
export async function simulateSeeds(
  count: number,
  command: string,
  options: Pick<SimulationOptions, "driver"> = {},
): Promise<void> {
  for (const { seed, faults = {} } of simulationSeeds(deep ? Math.ceil((count * 100) / 3) : count)) {
    const build: SimulationOptions["build"] = (world) => simulatedPipeline(planOf(seed), world);
    await simulate({ seed, faults, command, build, ...options });
  }
}
